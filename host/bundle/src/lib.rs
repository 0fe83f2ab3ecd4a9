//! What a bundle is: its manifest, its zip, and the digests of everything in it.
//!
//! Denies by default: a [`Bundle`] exists only for a zip in which every file is named in `SHA256SUMS`, has the digest given
//! there, and whose [`Manifest`] asks for nothing that is malformed or beyond a ceiling of `palisade-limits`. What a manifest
//! asks for is not granted by this crate; it only says, as data and [in words](EgressAsked::in_words), what is asked.
//!
//! No WebAssembly engine and no network: a bundle can be judged on any machine.

mod archive;
mod bundle;
mod component;
mod digest;
mod manifest;
mod nearest;
mod pack;
mod printable;
mod software_bill;
mod template;

pub use archive::ArchiveFault;
pub use bundle::{Bundle, BundleError, BundleFault, FileEntry};
pub use component::ComponentFault;
pub use digest::{Digest, NotADigest};
pub use manifest::{
    Accepts, Action, CONTRACTS, Credential, EgressAsked, Fault, FaultKind, LimitsAsked, Manifest,
    ManifestError, Parameter, ParameterKind, Place, Purpose, SCHEMA_VERSION, Section, SelectOption,
    manifest_schema,
};
pub use nearest::nearest;
pub use pack::{PackError, PackInputs, Packed, pack};
pub use printable::disguises;
pub use software_bill::SoftwareBillFault;
pub use template::{Template, TemplateError};

/// The manifest's name in the zip.
pub const MANIFEST_FILE: &str = "manifest.yaml";
/// The component's name in the zip.
pub const COMPONENT_FILE: &str = "component.wasm";
/// The name of the user's documentation in the zip.
pub const README_FILE: &str = "README.md";
/// The changelog's name in the zip.
pub const CHANGELOG_FILE: &str = "CHANGELOG.md";
/// The licence's name in the zip.
pub const LICENCE_FILE: &str = "LICENSE";
/// The icon's name in the zip.
pub const ICON_FILE: &str = "icon.svg";
/// The name of the software bill of materials in the zip: CycloneDX, as JSON.
pub const SOFTWARE_BILL_FILE: &str = "sbom.cdx.json";
/// The name of the file with the digests of all others, as `sha256sum -c` reads it.
pub const DIGESTS_FILE: &str = "SHA256SUMS";
