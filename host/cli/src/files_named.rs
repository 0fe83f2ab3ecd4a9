//! The files that a command line names, before any of them is opened: no output may overwrite an input or another output, and
//! standard input can be read once.

use std::path::{Path, PathBuf};

use palisade_files::{Identity, STANDARD_OUTPUT};

use crate::arguments::Output;
use crate::failure::{Failure, WRONG_USAGE};

/// The path that means standard input.
const STANDARD_INPUT: &str = "-";

/// Options with their paths.
#[derive(Default)]
pub(crate) struct FilesNamed<'given> {
    inputs: Vec<(&'static str, &'given Path)>,
    outputs: Vec<(&'static str, &'given Path)>,
}

impl<'given> FilesNamed<'given> {
    /// Adds files that are read.
    pub(crate) fn read(
        mut self,
        option: &'static str,
        paths: impl IntoIterator<Item = &'given PathBuf>,
    ) -> Self {
        self.inputs.extend(paths.into_iter().map(|path| (option, path.as_path())));
        self
    }

    /// Adds files that are written.
    pub(crate) fn written(
        mut self,
        option: &'static str,
        paths: impl IntoIterator<Item = &'given PathBuf>,
    ) -> Self {
        self.outputs.extend(paths.into_iter().map(|path| (option, path.as_path())));
        self
    }

    /// Refuses two options that would write to the same place, or overwrite what is read.
    pub(crate) fn check(&self, output: Output) -> Result<(), Failure> {
        let standard_input = self.inputs.iter().filter(|(_, path)| *path == Path::new(STANDARD_INPUT));
        if let [(option, _), _, ..] = standard_input.collect::<Vec<_>>().as_slice() {
            let message = format!("`{option}` names standard input more than once");
            return Err(usage("input-twice", message, "standard input can be read once: name it once"));
        }
        let mut taken: Vec<(&str, &Path, Identity)> = Vec::new();
        if output == Output::Json {
            taken.push(("--output json", Path::new(STANDARD_OUTPUT), Identity::StandardOutput));
        }
        for (option, path) in &self.outputs {
            let identity = Identity::of_output(path);
            // The null device may take any number of outputs, but the same path twice is a slip.
            let same = |(_, other, taken): &&(&str, &Path, Identity)| {
                taken.collides(&identity) || other == path && identity == Identity::Null
            };
            if let Some((other, ..)) = taken.iter().find(same) {
                let message = format!("`{other}` and `{option}` both write to `{}`", path.display());
                return Err(usage("output-twice", message, "give each of them a path of its own"));
            }
            taken.push((option, path, identity));
        }
        for (option, path, identity) in &taken {
            let same = |(_, input): &&(&'static str, &Path)| {
                *input != Path::new(STANDARD_INPUT)
                    && input.is_file()
                    && Identity::of_input(input).collides(identity)
            };
            if let Some((input, _)) = self.inputs.iter().find(same) {
                let message =
                    format!("`{option}` would overwrite the file of `{input}`, `{}`", path.display());
                return Err(usage("output-is-input", message, "write to another path"));
            }
        }
        Ok(())
    }
}

fn usage(code: &'static str, message: String, hint: &str) -> Failure {
    Failure { status: WRONG_USAGE, hint: Some(hint.to_owned()), ..Failure::new(code, message) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(inputs: &[&str], outputs: &[&'static str], output: Output) -> Option<&'static str> {
        let paths = |names: &[&str]| names.iter().map(PathBuf::from).collect::<Vec<_>>();
        let (inputs, outputs) = (paths(inputs), paths(outputs));
        let named = FilesNamed::default().read("--collection", &inputs).written("--report", &outputs);
        named.check(output).err().map(|failure| failure.code)
    }

    #[test]
    fn two_outputs_on_one_path_are_refused_and_so_is_an_output_on_an_input() {
        use Output::{Json, Text};
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("file");
        std::fs::write(&file, "").unwrap();
        let file = file.to_str().unwrap();
        for (inputs, outputs, output, expected) in [
            (&[] as &[&str], &["a.json", "b.json"] as &[&'static str], Text, None),
            (&[], &["a.json", "a.json"], Text, Some("output-twice")),
            (&[], &["a.json", "./a.json"], Text, Some("output-twice")),
            (&[], &["-"], Text, None),
            (&[], &["-", "-"], Text, Some("output-twice")),
            (&[], &["-"], Json, Some("output-twice")),
            (&[], &["a.json"], Json, None),
            (&["-", file], &["a.json"], Json, None),
            (&["-", "-"], &[], Text, Some("input-twice")),
            (&["-"], &["-"], Text, None),
        ] {
            assert_eq!(code(inputs, outputs, output), expected, "{inputs:?} {outputs:?} {output:?}");
        }
        let file: &'static str = Box::leak(file.to_owned().into_boxed_str());
        assert_eq!(code(&[file], &[file], Text), Some("output-is-input"));
        #[cfg(unix)]
        for (outputs, expected) in
            [(["/dev/null", "/dev/null"], Some("output-twice")), (["/dev/null", "a.json"], None)]
        {
            assert_eq!(code(&["/dev/null"], &outputs, Text), expected);
        }
    }
}
