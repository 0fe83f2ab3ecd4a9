//! The extra fields of headers and directory records.
//!
//! Denies by default: only times and owners, which nobody reads here, are passed over. A field that gives an entry another
//! name, another size or another kind of contents is refused, and so is one that nobody knows.
//!
//! Numbers of the fields: PKWARE's APPNOTE.TXT 6.3.10, sections 4.5 and 4.6; Info-ZIP's `extrafld.txt`.

use super::fault::ArchiveFault;
use super::fields::Fields;

/// Sizes and places of 64 bits.
const ZIP64: u16 = 0x0001;
/// A name in UTF-8 that overrides the header's.
const UNICODE_PATH: u16 = 0x7075;
/// Strong encryption, and the AES encryption of WinZip.
const ENCRYPTION: [u16; 2] = [0x0017, 0x9901];
/// NTFS times, Unix times, and the owners of files in three forms: what zip tools add without being asked.
const HARMLESS: [u16; 5] = [0x000a, 0x5455, 0x5855, 0x7855, 0x7875];

/// Checks the extra fields of one header. `name` is the entry's, for messages.
pub(super) fn check(extra: &[u8], name: impl Fn() -> String) -> Result<(), ArchiveFault> {
    let mut fields = Fields::of(extra);
    while !fields.rest().is_empty() {
        let field = fields.u16().zip(fields.u16());
        let Some((kind, _)) = field.filter(|(_, size)| fields.bytes((*size).into()).is_some()) else {
            return Err(ArchiveFault::ExtraField { name: name(), what: "a broken one".to_owned() });
        };
        match kind {
            ZIP64 => return Err(ArchiveFault::Zip64),
            UNICODE_PATH => return Err(ArchiveFault::UnicodePath { name: name() }),
            kind if ENCRYPTION.contains(&kind) => return Err(ArchiveFault::Encrypted { name: name() }),
            kind if HARMLESS.contains(&kind) => {}
            kind => {
                return Err(ArchiveFault::ExtraField {
                    name: name(),
                    what: format!("one of type 0x{kind:04x}"),
                });
            }
        }
    }
    Ok(())
}
