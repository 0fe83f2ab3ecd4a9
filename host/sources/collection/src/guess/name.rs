//! Names: which are domains, which may be files or programs just as well, and which are neither.

use std::borrow::Cow;

use idna::AsciiDenyList;
use psl::{List, Psl};

use super::url::{has_scheme, split_authority, split_port};

/// Longest domain name in text form, RFC 1035.
const DOMAIN_CHARACTERS: usize = 253;

/// Longest label of a domain name, RFC 1035.
const LABEL_CHARACTERS: usize = 63;

/// Endings that are no top-level domain and that lists of indicators name files with.
const FILE_EXTENSIONS: &[&str] = &[
    "7z", "apk", "bat", "bin", "cmd", "dat", "dll", "dmg", "doc", "docm", "docx", "elf", "exe", "gz", "hta",
    "htm", "html", "img", "iso", "jar", "js", "jse", "jsp", "lnk", "log", "msi", "ocx", "pdf", "php", "png",
    "ppt", "pptx", "ps1", "rar", "rtf", "scr", "sys", "tar", "tmp", "txt", "vbe", "vbs", "vhd", "wsf", "xls",
    "xlsm", "xlsx", "xml",
];

/// Top-level domains that are endings of files as well. `app`, `pl`, `rs` and `so` are not among them: in published lists
/// (71 of 6,908 entries of one) they end names of hosts, and no file.
const AMBIGUOUS_EXTENSIONS: &[&str] = &["cab", "java", "map", "md", "mov", "ps", "py", "sh", "zip"];

/// First labels of the names that scanners give to malware, written with a capital: `Trojan.Win32.Agent.ms`.
const DETECTION_PREFIXES: &[&str] = &[
    "adware",
    "android",
    "backdoor",
    "downloader",
    "dropper",
    "exploit",
    "gen",
    "hacktool",
    "heur",
    "html",
    "js",
    "linux",
    "msil",
    "osx",
    "pua",
    "pup",
    "ransom",
    "riskware",
    "spyware",
    "trojan",
    "vbs",
    "virtool",
    "virus",
    "w32",
    "w64",
    "win",
    "win32",
    "win64",
    "worm",
];

/// Why a name is not guessed, and what to do about it.
pub(crate) const AMBIGUOUS_NAME: &str = "a name that may be a file or a domain, expected its type beside it: \
    a CSV with the columns `value,type`, or a URL with its scheme";

/// Why a name is not guessed that is under no top-level domain that anybody can register.
pub(crate) const UNLISTED_NAME: &str = "a name under a top level that is not on the public suffix list, expected its type \
    beside it: a CSV with the columns `value,type`";

/// Why something that would be a value is none without its type beside it.
pub(crate) fn reason_against(value: &str) -> Option<&'static str> {
    if is_ambiguous_name(value) {
        return Some(AMBIGUOUS_NAME);
    }
    is_unlisted_name(value).then_some(UNLISTED_NAME)
}

/// Whether a name, or the host of a URL without a scheme, may be a file, a program or the name of malware just as well:
/// `invoice.zip`, `setup.v2.py`, `com.evil.app`, `Trojan.Win32.Agent.ms`. Behind `www.` it is a host.
pub(super) fn is_ambiguous_name(value: &str) -> bool {
    let (authority, _) = split_authority(value);
    let host = split_port(authority).map_or(authority, |(host, _)| host);
    let Some((stem, extension)) = host.strip_suffix('.').unwrap_or(host).rsplit_once('.') else {
        return false;
    };
    let (first, is_long) = stem.split_once('.').map_or((stem, false), |(first, _)| (first, true));
    let is_one_of = |known: &[&str], label: &str| known.iter().any(|known| known.eq_ignore_ascii_case(label));
    let is_package =
        is_long && is_one_of(&["com", "net", "org"], first) && is_one_of(&["app", "apk"], extension);
    // Parts of programs, written so: `System.IO`, `ASP.NET`.
    let is_program = ["System", "Microsoft", "ASP"].contains(&first)
        && extension.starts_with(|next: char| next.is_ascii_uppercase());
    let is_detection = is_long
        && first.starts_with(|first: char| first.is_ascii_uppercase())
        && is_one_of(DETECTION_PREFIXES, first);
    !has_scheme(value)
        && !value.contains('@')
        && !stem.is_empty()
        && !is_one_of(&["www", "*"], first)
        && (is_one_of(AMBIGUOUS_EXTENSIONS, extension) || is_package || is_program || is_detection)
}

/// Whether it is a name in all respects but that its last label is not a top-level domain: `evil.bit`.
fn is_unlisted_name(value: &str) -> bool {
    let name = value.strip_suffix('.').unwrap_or(value);
    let is_top_level = |last: &str| last.len() > 1 && last.bytes().all(|byte| byte.is_ascii_alphabetic());
    !name.starts_with('-')
        && !name.contains(is_typographic)
        && ascii(name).is_some_and(|name| {
            name.contains('.')
                && is_name(&name)
                && name.rsplit('.').next().is_some_and(is_top_level)
                && !is_domain(&name)
                && !is_filename(&name)
        })
}

/// Top-level domains that no registry gives out and that real names end in all the same: those of RFC 2606, RFC 6762
/// (section 3 and appendix G), RFC 7686 and the one that ICANN reserves for private use.
pub(crate) const SPECIAL_USE: &[&str] = &[
    "corp",
    "example",
    "home",
    "internal",
    "invalid",
    "lan",
    "local",
    "localdomain",
    "onion",
    "private",
    "test",
];

/// A name of at least two labels under a known top-level domain, with or without `*.` in front and a dot behind.
pub(crate) fn is_domain(value: &str) -> bool {
    let name = value.strip_prefix("*.").unwrap_or(value);
    let name = name.strip_suffix('.').unwrap_or(name);
    if name.starts_with('-') || name.contains(is_typographic) {
        return false;
    }
    let Some(name) = ascii(name) else { return false };
    let name = name.to_ascii_lowercase();
    let is_known = List.suffix(name.as_bytes()).is_some_and(|suffix| suffix.is_known());
    let is_special = name.rsplit('.').next().is_some_and(|last| SPECIAL_USE.contains(&last));
    is_name(&name) && name.contains('.') && (is_known || is_special)
}

/// The name in ASCII; none for what cannot be a name. Underscores are let through: they occur in real names.
pub(super) fn ascii(name: &str) -> Option<Cow<'_, str>> {
    if name.is_ascii() {
        return Some(Cow::Borrowed(name));
    }
    idna::domain_to_ascii_cow(name.as_bytes(), AsciiDenyList::EMPTY).ok()
}

/// Quotes, dashes, ellipses and other marks that programs for text put in; IDNA would make part of a name of some of them.
pub(super) fn is_typographic(character: char) -> bool {
    matches!(
        character,
        '\u{00A1}'..='\u{00A9}' | '\u{00AB}' | '\u{00AC}' | '\u{00AE}'..='\u{00B1}' | '\u{00B4}' | '\u{00B6}' | '\u{00B8}'
        | '\u{00BB}' | '\u{00BF}' | '\u{2010}'..='\u{205E}' | '\u{2190}'..='\u{21FF}' | '\u{2E00}'..='\u{2E7F}'
        | '\u{3001}' | '\u{3008}'..='\u{3020}' | '\u{FF01}'..='\u{FF0D}' | '\u{FF0F}' | '\u{FF1A}'..='\u{FF20}'
        | '\u{FF3B}'..='\u{FF40}' | '\u{FF5B}'..='\u{FF60}' | '\u{FF62}'..='\u{FF64}'
    )
}

/// Labels of letters, digits, `-` and `_`, the last one not a number. Hyphens at the ends of a label are let through: the DNS
/// resolves such names.
pub(super) fn is_name(name: &str) -> bool {
    let is_label = |label: &str| {
        !label.is_empty()
            && label.len() <= LABEL_CHARACTERS
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
    };
    name.len() <= DOMAIN_CHARACTERS
        && name.split('.').all(is_label)
        && name.rsplit('.').next().is_some_and(|last| last.bytes().any(|byte| byte.is_ascii_alphabetic()))
}

/// A name with one of the endings that files have and domains have not.
pub(super) fn is_filename(value: &str) -> bool {
    value.rsplit_once('.').is_some_and(|(stem, extension)| {
        !stem.is_empty()
            && !stem.contains(['/', ':', '[', ']', '<', '>', '"', '|', '*', '?', '@'])
            && FILE_EXTENSIONS.iter().any(|known| known.eq_ignore_ascii_case(extension))
    })
}
