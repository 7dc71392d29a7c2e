//! `freshwatch demo`: a pretend property service, and the probes that watch it while its data goes stale, breaks and
//! recovers.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;

use anstyle::Style;
use anyhow::{Context as _, Result, anyhow};
use freshwatch_agent::Agent;
use freshwatch_file::Source;
use freshwatch_probe::definition::Definition;
use freshwatch_probe::duration;
use futures_util::future::join_all;
use tokio::net::TcpListener;
use tokio::runtime::Builder;
use tokio::time::{self, MissedTickBehavior};

use crate::command_line::Demo;
use crate::demo::clock::StoryClock;
use crate::demo::live_line::LiveLine;
use crate::demo::narration::{Narrator, heading, standing};
use crate::demo::pages::PATHS;
use crate::demo::service;
use crate::demo::story::{Act, LENGTH, Scene};
use crate::demo::summary::Summary;
use crate::exit_code::ExitCode;
use crate::report::PrintError;
use crate::stop;

/// The probes that watch the pretend service, as they ship.
const PROBES: &str = include_str!("../../../../probes/demo.yaml");

/// Where those probes look for the service.
const ORIGIN: &str = "http://127.0.0.1:4170";

/// Tells one story, or serves for others to look at.
///
/// # Errors
/// When the address is taken, or standard output cannot be written to.
pub fn run(options: &Demo) -> Result<ExitCode> {
    let runtime = Builder::new_current_thread().enable_all().build();
    runtime
        .context("the runtime cannot be started")?
        .block_on(async {
            let listener = service::listen(options.listen).await?;
            let origin = origin(listener.local_addr()?);
            if options.serve {
                serve(&listener, &origin).await
            } else {
                tell(options, &listener, &origin).await
            }
        })?;
    Ok(ExitCode::Ok)
}

/// Only serves, and says what happens, until it is asked to stop.
async fn serve(listener: &TcpListener, origin: &str) -> Result<()> {
    let clock = Arc::new(StoryClock::again());
    let mut screen = LiveLine::new();
    let bold = Style::new().bold();
    let program = program();
    let watch = if origin == ORIGIN {
        format!("In another terminal: `{program} check probes/demo.yaml`, again and again.")
    } else {
        format!(
            "Its pages: {}. probes/demo.yaml looks for them at {ORIGIN}.",
            PATHS.join(", ")
        )
    };
    screen.print(&format!(
        "{bold}A pretend property service{bold:#} on {origin}\n{watch}\nIts story is told again and again; Ctrl-C ends it.\n"
    ))?;
    tokio::select! {
        never = service::serve(listener, &clock) => match never {},
        told = announce(&clock, &mut screen) => told?,
        () = stop::requested() => {}
    }
    Ok(())
}

/// Says when an act begins, for ever.
async fn announce(clock: &StoryClock, screen: &mut LiveLine) -> Result<(), PrintError> {
    let mut told = None;
    loop {
        let elapsed = clock.elapsed();
        let act = Scene::at(elapsed).act;
        if told.replace(act) != Some(act) {
            screen.print(&heading(elapsed, act))?;
        }
        time::sleep(Act::remaining(elapsed)).await;
    }
}

/// Serves and watches until the story is over.
async fn tell(options: &Demo, listener: &TcpListener, origin: &str) -> Result<()> {
    let definitions = probes(origin)?;
    let clock = Arc::new(if options.fast_forward {
        StoryClock::stepped()
    } else {
        StoryClock::once()
    });
    let mut screen = LiveLine::new();
    let mut summary = Summary::default();
    screen.print(&introduction(options, origin, definitions.len()))?;
    tokio::select! {
        never = service::serve(listener, &clock) => match never {},
        watched = watch(options, &definitions, &clock, &mut screen, &mut summary) => watched?,
        () = stop::requested() => {}
    }
    screen.print(&(summary.render() + &next_steps()))?;
    Ok(())
}

/// Runs all probes round after round, and tells what changes.
async fn watch(
    options: &Demo,
    definitions: &[Arc<Definition>],
    clock: &StoryClock,
    screen: &mut LiveLine,
    summary: &mut Summary,
) -> Result<(), PrintError> {
    let agent = Agent::new();
    let mut narrator = Narrator::new(
        definitions.iter().map(|definition| &definition.name),
        screen.columns(),
    );
    let mut ticks = time::interval(options.every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    for _ in 0..options.rounds.unwrap_or(u32::MAX) {
        if !options.fast_forward {
            ticks.tick().await;
        }
        let elapsed = clock.elapsed();
        if elapsed >= LENGTH {
            break;
        }
        if let Some(heading) = narrator.heading(elapsed, Scene::at(elapsed).act) {
            screen.print(&heading)?;
        }
        let runs = join_all(
            definitions
                .iter()
                .map(|definition| agent.run_once(definition, None)),
        )
        .await;
        summary.add(&runs);
        if let Some(changes) = narrator.changes(elapsed, &runs) {
            screen.print(&changes)?;
        }
        screen.show(&standing(elapsed, &runs))?;
        clock.step(options.every);
    }
    Ok(())
}

/// The probes that ship, looking at where the service listens.
fn probes(origin: &str) -> Result<Vec<Arc<Definition>>> {
    let source = Source {
        name: "probes/demo.yaml".into(),
        text: PROBES.replace(ORIGIN, origin),
    };
    let no_file = |_: &Path| Err(io::ErrorKind::NotFound.into());
    let set = freshwatch_file::parse(&[source], &|_| None, &no_file);
    Ok(set
        .map_err(|mistakes| anyhow!("{}", mistakes.render(false)))?
        .definitions)
}

/// The URL at which a listener can be reached from this machine.
fn origin(mut address: SocketAddr) -> String {
    if address.ip().is_unspecified() {
        address.set_ip(match address.ip() {
            IpAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
            IpAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
        });
    }
    format!("http://{address}")
}

fn introduction(options: &Demo, origin: &str, probes: usize) -> String {
    let bold = Style::new().bold();
    let (every, length) = (duration::show(options.every), duration::show(LENGTH));
    format!(
        "{bold}A pretend property service{bold:#} on {origin}\n\
         A day passes there in 4 seconds; a nightly batch fills its prices.\n\
         {probes} probes (probes/demo.yaml) look every {every} for {length}. Ctrl-C ends it.\n"
    )
}

fn next_steps() -> String {
    let (bold, program) = (Style::new().bold(), program());
    let serve = format!("{program} demo --serve");
    let check = format!("{program} check probes/demo.yaml");
    let width = check.len();
    format!(
        "\n{bold}Next{bold:#}\n  \
         read probes/demo.yaml, and probes/README.md for the seven most wanted probes\n  \
         run  {serve:<width$}  in one terminal, and\n       \
         {check}  in another\n"
    )
}

/// The program as it was called.
fn program() -> String {
    std::env::args_os()
        .next()
        .map_or_else(|| "freshwatch".into(), |name| name.to_string_lossy().into_owned())
}

#[cfg(test)]
mod tests {
    use super::{ORIGIN, origin, probes};

    #[test]
    fn the_probes_that_ship_have_no_mistakes() {
        let definitions = probes(ORIGIN).unwrap();
        let names: Vec<&str> = definitions
            .iter()
            .map(|definition| definition.name.as_str())
            .collect();
        assert_eq!(names, ["real-price", "search", "chat", "price-health"]);
    }

    #[test]
    fn the_probes_look_where_the_service_listens() {
        for definition in probes("http://127.0.0.1:9").unwrap() {
            let url = format!("{:?}", definition.request.url);
            assert!(url.contains("//127.0.0.1:9/"), "{url}");
        }
    }

    #[test]
    fn a_listener_on_every_address_is_reached_on_this_machine() {
        assert_eq!(origin("0.0.0.0:80".parse().unwrap()), "http://127.0.0.1:80");
        assert_eq!(origin("[::]:80".parse().unwrap()), "http://[::1]:80");
        assert_eq!(origin("10.1.2.3:80".parse().unwrap()), "http://10.1.2.3:80");
    }
}
