//! What becomes of each kind of target.

use std::fs;
use std::io::Write as _;

use super::*;

fn put(path: &Path, text: &str) -> io::Result<()> {
    Output::open(path)?.write(|out| out.write_all(text.as_bytes()))
}

/// Everything in a directory, by name.
fn names(directory: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

#[test]
fn a_file_is_there_only_when_it_is_complete_and_an_old_one_stays_until_then() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("report.json");
    put(&path, "first").unwrap();
    assert_eq!(names(directory.path()), ["report.json"]);
    let failed = Output::open(&path).unwrap().write(|out| {
        out.write_all(b"half")?;
        Err(io::Error::other("it broke"))
    });
    assert!(failed.is_err());
    assert_eq!(fs::read_to_string(&path).unwrap(), "first");
    drop(Output::open(&path).unwrap());
    assert_eq!(names(directory.path()), ["report.json"]);
    put(&path, "second").unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), "second");
}

#[test]
fn what_cannot_be_written_is_found_when_it_is_opened() {
    let directory = tempfile::tempdir().unwrap();
    for name in ["", "missing/report.json", "new/", "below/..", "file/report.json"] {
        fs::write(directory.path().join("file"), "").unwrap();
        let path = if name.is_empty() { PathBuf::new() } else { directory.path().join(name) };
        assert!(Output::open(&path).is_err(), "{name}");
    }
    assert!(Output::open(directory.path()).is_err());
    assert_eq!(names(directory.path()), ["file"]);
}

#[cfg(unix)]
mod unix {
    use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _, PermissionsExt as _, symlink};

    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o7777
    }

    #[test]
    fn a_file_keeps_its_mode() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("report.json");
        for kept in [0o600, 0o640, 0o666, 0o644] {
            fs::write(&path, "").unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(kept)).unwrap();
            put(&path, "new").unwrap();
            assert_eq!(mode(&path), kept, "{kept:o}");
        }
        // A new one has what a file gets that anything else creates.
        let usual = directory.path().join("usual");
        fs::write(&usual, "").unwrap();
        let new = directory.path().join("new");
        put(&new, "").unwrap();
        assert_eq!(mode(&new), mode(&usual));
    }

    #[test]
    fn a_symbolic_link_stays_and_its_target_is_written() {
        let directory = tempfile::tempdir().unwrap();
        let at = |name: &str| directory.path().join(name);
        fs::create_dir(at("below")).unwrap();
        symlink("below/report.json", at("second")).unwrap();
        symlink("second", at("first")).unwrap();
        for text in ["new", "again"] {
            put(&at("first"), text).unwrap();
            assert_eq!(fs::read_to_string(at("below/report.json")).unwrap(), text);
            assert!(fs::symlink_metadata(at("first")).unwrap().is_symlink());
            assert!(fs::symlink_metadata(at("second")).unwrap().is_symlink());
        }
        symlink("round", at("round")).unwrap();
        assert!(Output::open(&at("round")).is_err());
        assert_eq!(names(directory.path()), ["below", "first", "round", "second"]);
        assert_eq!(names(&at("below")), ["report.json"]);
    }

    #[test]
    fn a_named_pipe_is_written_through_and_stays() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("pipe");
        let mode = rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR;
        rustix::fs::mknodat(rustix::fs::CWD, &path, rustix::fs::FileType::Fifo, mode, 0).unwrap();
        let reading = std::thread::spawn({
            let path = path.clone();
            move || fs::read_to_string(path).unwrap()
        });
        put(&path, "through").unwrap();
        assert_eq!(reading.join().unwrap(), "through");
        assert!(fs::metadata(&path).unwrap().file_type().is_fifo());
        assert_eq!(names(directory.path()), ["pipe"]);
    }

    #[test]
    fn a_device_is_written_to_and_stays() {
        let before = fs::metadata("/dev/null").unwrap();
        put(Path::new("/dev/null"), "nothing").unwrap();
        let after = fs::metadata("/dev/null").unwrap();
        assert!(after.file_type().is_char_device());
        assert_eq!((before.ino(), before.mode()), (after.ino(), after.mode()));
        let full = Output::open(Path::new("/dev/full")).unwrap();
        assert!(full.write(|out| out.write_all(b"x")).is_err());
    }

    #[test]
    fn a_descriptor_of_a_file_is_written_to_where_its_owner_is() {
        use std::os::fd::AsRawFd as _;
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("file");
        let mut owner = File::create(&path).unwrap();
        owner.write_all(b"before ").unwrap();
        let inode = fs::metadata(&path).unwrap().ino();
        put(&PathBuf::from(format!("/dev/fd/{}", owner.as_raw_fd())), "through").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "before through");
        assert_eq!(fs::metadata(&path).unwrap().ino(), inode);
        assert_eq!(names(directory.path()), ["file"]);
    }

    #[test]
    fn a_file_in_a_directory_that_takes_no_other_is_written_in_place() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("report.json");
        fs::write(&path, "old and longer").unwrap();
        let output = Output(Sink::InPlace(path.clone()));
        output.write(|out| out.write_all(b"new")).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "new");
        // The same where only the name cannot be given.
        let elsewhere = tempfile::tempdir().unwrap();
        let file = tempfile::NamedTempFile::new_in(elsewhere.path()).unwrap();
        fs::remove_file(file.path()).unwrap();
        let output = Output(Sink::Complete { unfinished: file, path: path.clone() });
        let _ = output.write(|out| out.write_all(b"x"));
        assert!(path.exists());
    }
}
