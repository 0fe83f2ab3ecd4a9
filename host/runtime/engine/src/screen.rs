//! What a component would cost to compile, before it is compiled.
//!
//! A function's variables are brought together wherever branches meet, so that the compiler needs memory and time for its
//! variables times its branches. Compiled code of real programs has many of one or of the other. Everything else that may be
//! expensive is for the limits of the compiler's own process.

use palisade_limits as limits;
use wasmparser::{FunctionBody, Operator, Parser, Payload};

use crate::error::LoadError;

/// Refuses a component with a function that is made to be expensive. What is not valid passes: the compiler says why.
pub(crate) fn screen(component: &[u8]) -> Result<(), LoadError> {
    let mut functions = 0_u64;
    for payload in Parser::new(0).parse_all(component) {
        match payload {
            Ok(Payload::CodeSectionEntry(body)) => {
                functions += 1;
                let merges = merges(&body).unwrap_or_default();
                if merges > limits::FUNCTION_MERGES {
                    let limit = limits::FUNCTION_MERGES;
                    return Err(LoadError::FunctionTooComplex { function: functions, merges, limit });
                }
            }
            Ok(_) => {}
            Err(_) => return Ok(()),
        }
    }
    Ok(())
}

/// The variables of a function times the places where branches meet or part.
fn merges(body: &FunctionBody<'_>) -> wasmparser::Result<u64> {
    let mut variables = 0_u64;
    for locals in body.get_locals_reader()? {
        variables = variables.saturating_add(locals?.0.into());
    }
    let mut branches = 0_u64;
    for operator in body.get_operators_reader()? {
        branches = branches.saturating_add(match operator? {
            Operator::Block { .. } | Operator::Loop { .. } | Operator::If { .. } | Operator::Else => 1,
            Operator::Br { .. } | Operator::BrIf { .. } | Operator::Return => 1,
            Operator::BrTable { targets } => u64::from(targets.len()).saturating_add(1),
            _ => 0,
        });
    }
    Ok(variables.saturating_mul(branches))
}
