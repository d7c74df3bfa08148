//! How severity follows the days left until the sunset: `policies/deadline.toml`.

use serde::Deserialize;

use cutover_model::result::Severity;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    step: Vec<Step>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Step {
    days: i64,
    severity: Severity,
}

/// The steps, by days.
#[derive(Debug)]
pub struct Deadline {
    steps: Vec<Step>,
}

impl Deadline {
    /// Reads the steps.
    ///
    /// # Errors
    /// When the file is not of its shape.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut file: File = toml::from_str(text).map_err(|error| error.to_string())?;
        file.step.sort_by_key(|step| step.days);
        Ok(Self { steps: file.step })
    }

    /// The severity with so many days left; `None` days means that no sunset is announced.
    pub fn severity(&self, days_left: Option<i64>) -> Severity {
        let Some(days) = days_left else { return Severity::Low };
        self.steps.iter().find(|step| days <= step.days).map_or(Severity::Low, |step| step.severity)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn severity_rises_as_the_sunset_nears() {
        let deadline = Deadline::parse(cutover_pack::DEADLINE).unwrap();
        let at = |days| deadline.severity(Some(days));
        assert!([at(400), at(179), at(77), at(29), at(0)].is_sorted());
        assert_eq!((at(400), at(0), at(-5)), (Severity::Low, Severity::Critical, Severity::Critical));
    }
}
