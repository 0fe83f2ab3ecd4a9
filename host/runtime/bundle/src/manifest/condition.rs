//! Conditions of parameters: when a parameter is shown and used. The grammar is closed.

/// When a parameter is used, by the value of another one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    parameter: String,
    test: Test,
    value: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Test {
    Is,
    IsNot,
    Contains,
}

/// What a condition has to be.
pub(super) const EXPECTED: &str =
    "a condition: `name == 'value'`, `name != 'value'` or `name.contains('value')`";

impl Condition {
    /// Reads a condition; `None` if the text is not one.
    pub fn parse(text: &str) -> Option<Self> {
        let (parameter, test, value) = if let Some((parameter, rest)) = text.split_once(".contains(") {
            (parameter, Test::Contains, rest.strip_suffix(')')?)
        } else if let Some((parameter, value)) = text.split_once("!=") {
            (parameter.trim(), Test::IsNot, value.trim())
        } else {
            let (parameter, value) = text.split_once("==")?;
            (parameter.trim(), Test::Is, value.trim())
        };
        let value = value.strip_prefix('\'')?.strip_suffix('\'')?;
        let is_plain = !value.is_empty() && !value.contains('\'');
        let condition = Self { parameter: parameter.to_owned(), test, value: value.to_owned() };
        (is_plain && crate::template::is_name(parameter)).then_some(condition)
    }

    /// The parameter whose value decides.
    pub fn parameter(&self) -> &str {
        &self.parameter
    }

    /// The value that it is compared with.
    pub fn value(&self) -> &str {
        &self.value
    }

    /// Whether the parameter is one that holds several values.
    pub(super) fn is_of_several(&self) -> bool {
        self.test == Test::Contains
    }

    /// Whether the condition holds if its parameter has these values: none, one, or several.
    pub fn holds(&self, values: &[String]) -> bool {
        let has = values.contains(&self.value);
        match self.test {
            Test::Is | Test::Contains => has,
            Test::IsNot => !has,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Condition;

    #[test]
    fn a_condition_compares_one_parameter_with_one_value() {
        let (high, low) = (["high".to_owned()], ["low".to_owned(), "high or low".to_owned()]);
        for (text, of_high, of_low) in [
            ("level == 'high'", true, false),
            ("level=='high'", true, false),
            ("level != 'high'", false, true),
            ("level.contains('low')", false, true),
        ] {
            let condition = Condition::parse(text).unwrap();
            assert_eq!(
                (condition.parameter(), condition.holds(&high), condition.holds(&low)),
                ("level", of_high, of_low),
                "{text}"
            );
        }
        assert!(!Condition::parse("level == 'high'").unwrap().holds(&[]));
        assert!(Condition::parse("level != 'high'").unwrap().holds(&[]));
    }

    #[test]
    fn anything_else_is_not_a_condition() {
        for text in [
            "",
            "level",
            "level = 'high'",
            "level == high",
            "level == ''",
            "level == 'a' || x == 'b'",
            "Level == 'a'",
            "level.contains('a'",
            "level.contains(a)",
            "level.starts_with('a')",
            "'a' == level",
            "level == 'it''s'",
        ] {
            assert_eq!(Condition::parse(text), None, "{text}");
        }
    }
}
