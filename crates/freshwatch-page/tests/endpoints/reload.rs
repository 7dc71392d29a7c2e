//! `POST /-/reload`.

use freshwatch_page::Refused;
use freshwatch_page::board::Reloaded;
use freshwatch_probe::definition::ProbeName;
use insta::assert_snapshot;

use crate::services::Served;

#[tokio::test]
async fn a_reload_tells_what_it_changed() {
    let served = Served::start().await;
    *served.services.reload.lock().unwrap() = Ok(Reloaded {
        added: vec![ProbeName::parse("new").unwrap()],
        changed: vec![
            ProbeName::parse("other").unwrap(),
            ProbeName::parse("third").unwrap(),
        ],
        removed: Vec::new(),
        unchanged: 7,
    });
    assert_snapshot!(served.ask("POST /-/reload", &["content-length: 0"]).await, @r#"
    200
    content-type: application/json

    {
      "schema": "freshwatch.reload/v1",
      "message": "1 probe added, 2 changed, 0 removed, 7 unchanged",
      "added": [
        "new"
      ],
      "changed": [
        "other",
        "third"
      ],
      "removed": [],
      "unchanged": 7
    }
    "#);
}

#[tokio::test]
async fn a_refused_reload_tells_the_mistakes() {
    let served = Served::start().await;
    let mistakes = "error[bad-url]: `x` is no URL\n --> probes/a.yaml:3:8\n";
    *served.services.reload.lock().unwrap() = Err(Refused::Mistakes(mistakes.into()));
    assert_snapshot!(served.ask("POST /-/reload", &[]).await, @"
    422
    content-type: text/plain; charset=utf-8

    error[bad-url]: `x` is no URL
     --> probes/a.yaml:3:8

    nothing was reloaded: the probes from before go on
    ");
    *served.services.reload.lock().unwrap() = Err(Refused::Ending);
    assert_snapshot!(served.ask("POST /-/reload", &[]).await, @"
    503
    content-type: text/plain; charset=utf-8

    freshwatch is shutting down: nothing is reloaded any more
    ");
}
