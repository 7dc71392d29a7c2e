//! Which traces are recorded, as `OTEL_TRACES_SAMPLER` says
//! (<https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/#general-sdk-configuration>).
//! A run has no parent, so it is the same with and without `parentbased_`.

use freshwatch_probe::trace::Sampling;

use super::{Error, Found, Signal, Variables};

const SAMPLER: &str = "OTEL_TRACES_SAMPLER";
const ARGUMENT: &str = "OTEL_TRACES_SAMPLER_ARG";

/// Reads the two variables.
pub(super) fn read(environment: &dyn Fn(&str) -> Option<String>) -> Result<Sampling, Error> {
    let variables = Variables {
        signal: Signal::Traces,
        environment,
    };
    let Some(Found { variable, value }) = variables.get(SAMPLER) else {
        return Ok(Sampling::Always);
    };
    match value.strip_prefix("parentbased_").unwrap_or(&value) {
        "always_on" => Ok(Sampling::Always),
        "always_off" => Ok(Sampling::Never),
        "traceidratio" => read_share(&variables),
        _ => Err(Error::Word {
            variable,
            value,
            wanted: "`always_on`, `always_off` or `traceidratio`, also with `parentbased_` before it",
        }),
    }
}

fn read_share(variables: &Variables<'_>) -> Result<Sampling, Error> {
    let Some(Found { variable, value }) = variables.get(ARGUMENT) else {
        return Ok(Sampling::Always);
    };
    let share = value.parse().ok().and_then(Sampling::share);
    share.ok_or(Error::Share { variable, value })
}

#[cfg(test)]
mod tests {
    use freshwatch_probe::trace::Sampling;

    use super::{ARGUMENT, SAMPLER};

    #[track_caller]
    fn check(sampler: &str, argument: &str, expected: Result<Sampling, &str>) {
        let read = |name: &str| match name {
            SAMPLER => Some(sampler.to_owned()),
            ARGUMENT => Some(argument.to_owned()),
            _ => None,
        };
        let sampling = super::read(&read).map_err(|error| error.to_string());
        assert_eq!(sampling, expected.map_err(str::to_owned));
    }

    #[test]
    fn the_samplers_of_the_specification_are_known() {
        check("", "", Ok(Sampling::Always));
        check("parentbased_always_on", "", Ok(Sampling::Always));
        check("always_off", "", Ok(Sampling::Never));
        check("traceidratio", "", Ok(Sampling::Always));
        check("traceidratio", "0.5", Ok(Sampling::Share { below: 1 << 62 }));
        check(
            "parentbased_traceidratio",
            "50%",
            Err("`OTEL_TRACES_SAMPLER_ARG` is `50%`, not a share from 0 to 1: write it like `0.1`"),
        );
        check(
            "jaeger_remote",
            "",
            Err(
                "`OTEL_TRACES_SAMPLER` is `jaeger_remote`: use `always_on`, `always_off` or `traceidratio`, also with \
                 `parentbased_` before it",
            ),
        );
    }
}
