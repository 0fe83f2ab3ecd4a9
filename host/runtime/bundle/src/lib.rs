//! What a bundle is: its manifest, its zip, the digests of everything in it, and the signature over those.
//!
//! Denies by default: a [`Bundle`] exists only for a zip in which every file is named in `SHA256SUMS`, has the digest given
//! there, and whose [`Manifest`] asks for nothing that is malformed or beyond a ceiling of `palisade-limits`; a
//! [`TrustedBundle`] only for one that a key in [`Trust`] has signed. What a manifest asks for is not granted by this crate; it
//! only says, as data and [in words](EgressAsked::in_words), what is asked.
//!
//! The order of work, which the types enforce: layout, directory, names and headers of the zip; then `SHA256SUMS` and its
//! signature are unpacked; the signature is verified; everything else is unpacked, and the digests are compared; the manifest is
//! read.
//!
//! No WebAssembly engine and no network: a bundle can be judged on any machine.

#![warn(missing_docs)]

mod archive;
mod bundle;
mod component;
mod digest;
mod duration;
mod manifest;
mod nearest;
mod pack;
mod signature;
mod software_bill;
mod template;
mod trust;
mod trusted_bundle;

pub use archive::ArchiveFault;
pub use bundle::{Bundle, BundleError, BundleFault, FileEntry};
pub use component::ComponentFault;
pub use digest::{Digest, NotADigest};
pub use duration::{is_day, seconds as duration_seconds, text as duration_text};
pub use manifest::{
    Accepts, Action, ActionChanges, ActivityType, ApprovalAsked, ArtefactAsked, BasicAsked, CONTRACTS,
    ClientAuthentication, Condition, ConnectionAsked, CredentialAsked, Effect, EgressAsked, Fault, FaultKind,
    FeedAsked, HeaderAsked, LimitsAsked, LinkAsked, Manifest, ManifestError, OauthAsked, OutputAsked,
    OutputType, Parameter, ParameterKind, ParameterSource, Place, Purpose, QueryAsked, ReturnedObjects,
    Returns, SCHEMA_VERSION, Section, SegmentAsked, SelectOption, TestAsked, WaitsAsked, manifest_schema,
};
pub use nearest::nearest;
pub use pack::{PackError, PackInputs, Packed, pack};
pub use signature::{KeyError, KeyId, PublicKey, SigningKey};
pub use software_bill::SoftwareBillFault;
pub use template::{Template, TemplateError};
pub use trust::{Authenticity, SignatureFault, Trust, TrustedKey};
pub use trusted_bundle::{TrustedBundle, TrustedFiles};

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
/// The name of the file with the digests of all others but its own signature, as `sha256sum -c` reads it.
pub const DIGESTS_FILE: &str = "SHA256SUMS";
/// The name of the minisign signature over the bytes of [`DIGESTS_FILE`], which covers every other file.
pub const SIGNATURE_FILE: &str = "SHA256SUMS.minisig";
