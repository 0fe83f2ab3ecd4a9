//! `palisade pack`: makes a bundle's zip.

use std::io;

use palisade_bundle::{PackInputs, Packed};

use crate::answer::{Answer, Channel};
use crate::arguments::{Output, Pack};
use crate::failure::Failure;
use crate::files_named::FilesNamed;
use crate::show;
use crate::verbs::keygen::signing_key;

impl Answer for Packed {
    fn text(&self) -> String {
        show::bundle::packed(self)
    }

    fn json(&self, out: &mut dyn io::Write) -> io::Result<()> {
        serde_json::to_writer_pretty(out, self).map_err(io::Error::from)
    }

    fn channel(&self) -> Channel {
        Channel::Error
    }
}

pub(crate) fn pack(arguments: Pack, output: Output) -> Result<Box<dyn Answer>, Failure> {
    FilesNamed::default()
        .read("--manifest", [&arguments.manifest])
        .read("--component", [&arguments.component])
        .read("--readme", [&arguments.readme])
        .read("--changelog", [&arguments.changelog])
        .read("--license", [&arguments.license])
        .read("--icon", [&arguments.icon])
        .read("--sbom", [&arguments.sbom])
        .read("--sign", &arguments.sign)
        .read("--password-file", &arguments.password_file)
        .written("--out", [&arguments.out])
        .check(output)?;
    let key = arguments
        .sign
        .as_deref()
        .map(|path| signing_key(path, arguments.password_file.as_deref()))
        .transpose()?;
    let inputs = PackInputs {
        manifest: arguments.manifest,
        component: arguments.component,
        readme: arguments.readme,
        changelog: arguments.changelog,
        licence: arguments.license,
        icon: arguments.icon,
        software_bill: arguments.sbom,
        sign: key.as_ref(),
    };
    Ok(Box::new(palisade_bundle::pack(&inputs, &arguments.out)?))
}
