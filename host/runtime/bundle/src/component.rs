//! Whether a file is a WebAssembly component, judged by its first eight bytes.
//!
//! Denies by default: a core module is not a component, nor is a component of another version of the binary format.

use palisade_limits::COMPONENT_BYTES;

/// Why a file cannot be a bundle's component.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs, reason = "the messages say what the fields are")]
pub enum ComponentFault {
    /// No WebAssembly.
    #[error("the component is not WebAssembly")]
    NotWebAssembly,
    /// A core module.
    #[error("the component is a WebAssembly module of the core format, not a component")]
    CoreModule,
    /// A version of the binary format that this host does not read.
    #[error(
        "the component has version {version} and layer {layer} of the binary format, this host reads version 13 and layer 1"
    )]
    Version { version: u16, layer: u16 },
    /// Larger than a component can be.
    #[error("the component has {bytes} bytes, at most {limit} are allowed")]
    TooLarge { bytes: u64, limit: u64 },
}

impl ComponentFault {
    /// The stable code of the fault.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotWebAssembly => "not-webassembly",
            Self::CoreModule => "core-module",
            Self::Version { .. } => "component-version",
            Self::TooLarge { .. } => "component-too-large",
        }
    }

    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::CoreModule => {
                Some("build it for the target `wasm32-wasip2`, or make a component of it with `wasm-tools component new`".to_owned())
            }
            _ => None,
        }
    }
}

/// Checks the beginning and the size of a component. What it imports and exports is for the engine to judge.
pub(crate) fn check(bytes: &[u8]) -> Result<(), ComponentFault> {
    let Some(&[0, b'a', b's', b'm', v0, v1, l0, l1]) = bytes.first_chunk::<8>() else {
        return Err(ComponentFault::NotWebAssembly);
    };
    match (u16::from_le_bytes([v0, v1]), u16::from_le_bytes([l0, l1])) {
        (13, 1) => {}
        (_, 0) => return Err(ComponentFault::CoreModule),
        (version, layer) => return Err(ComponentFault::Version { version, layer }),
    }
    let bytes = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    if bytes > COMPONENT_BYTES {
        return Err(ComponentFault::TooLarge { bytes, limit: COMPONENT_BYTES });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_core_module_can_be_made_into_a_component() {
        let hint = |bytes: &[u8]| check(bytes).unwrap_err().hint();
        assert!(hint(b"\0asm\x01\0\0\0").unwrap().contains("`wasm32-wasip2`"));
        assert_eq!((hint(b"\0asm\x0a\0\x01\0"), hint(b"#!/bin/sh")), (None, None));
    }

    #[test]
    fn a_component_has_at_most_so_many_bytes() {
        let limit = usize::try_from(COMPONENT_BYTES).unwrap();
        let mut bytes = b"\0asm\x0d\0\x01\0".to_vec();
        bytes.resize(limit, 0);
        assert_eq!(check(&bytes), Ok(()));
        bytes.push(0);
        assert_eq!(check(&bytes).unwrap_err().code(), "component-too-large");
    }

    #[test]
    fn only_a_component_will_do() {
        assert_eq!(check(b"\0asm\x0d\0\x01\0..."), Ok(()));
        for (bytes, code) in [
            (b"\0asm\x01\0\0\0...".as_slice(), "core-module"),
            (b"\0asm\x0a\0\x01\0...", "component-version"),
            (b"\0asm\x0d\0\x01", "not-webassembly"),
            (b"", "not-webassembly"),
            (b"#!/bin/sh", "not-webassembly"),
        ] {
            assert_eq!(check(bytes).unwrap_err().code(), code);
        }
    }
}
