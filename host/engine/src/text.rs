//! Texts of a component, cut to their limit: whatever it says, a report stays a size that people and programs can read.

use palisade_limits as limits;

use crate::contract::{Problem, RunError};

/// A text of a component, cut at [`limits::TEXT_BYTES`].
#[must_use]
pub fn cut(mut text: String) -> String {
    let limit = limits::TEXT_BYTES as usize;
    if text.len() > limit {
        text.truncate(text.floor_char_boundary(limit));
    }
    text
}

fn cut_problem(problem: Problem) -> Problem {
    Problem { code: cut(problem.code), message: cut(problem.message) }
}

/// The first [`limits::PROBLEMS`] problems, with their texts cut.
pub(crate) fn cut_problems(problems: Vec<Problem>) -> Vec<Problem> {
    problems.into_iter().take(limits::PROBLEMS as usize).map(cut_problem).collect()
}

/// The same error with its texts cut.
pub(crate) fn cut_error(error: RunError) -> RunError {
    match error {
        RunError::UnknownAction(id) => RunError::UnknownAction(cut(id)),
        RunError::InvalidConfiguration(problems) => RunError::InvalidConfiguration(cut_problems(problems)),
        RunError::Stopped(mut stop) => {
            stop.problem = cut_problem(stop.problem);
            stop.hint = stop.hint.map(cut);
            RunError::Stopped(stop)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::Stop;

    const LIMIT: usize = limits::TEXT_BYTES as usize;

    fn long() -> String {
        // Three bytes each, so that the limit falls into the middle of one.
        "€".repeat(LIMIT)
    }

    fn problem() -> Problem {
        Problem { code: long(), message: long() }
    }

    #[test]
    fn every_text_of_an_error_is_cut() {
        let stop = Stop { problem: problem(), hint: Some(long()) };
        let RunError::Stopped(stop) = cut_error(RunError::Stopped(stop)) else { panic!() };
        let RunError::UnknownAction(id) = cut_error(RunError::UnknownAction(long())) else { panic!() };
        let many = vec![problem(); 2 * limits::PROBLEMS as usize];
        let RunError::InvalidConfiguration(problems) = cut_error(RunError::InvalidConfiguration(many)) else {
            panic!()
        };
        assert_eq!(problems.len() as u64, limits::PROBLEMS);
        let mut texts = vec![id, stop.problem.code, stop.problem.message, stop.hint.unwrap()];
        texts.extend(problems.into_iter().flat_map(|problem| [problem.code, problem.message]));
        for text in texts {
            assert_eq!(text, "€".repeat(LIMIT / 3));
        }
    }

    #[test]
    fn what_is_short_stays_as_it_is() {
        assert_eq!(cut("as it is".to_owned()), "as it is");
    }
}
