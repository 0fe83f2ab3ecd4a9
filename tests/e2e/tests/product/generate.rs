//! `palisade generate`: completions and man pages for all verbs.

use palisade_e2e::Palisade;

const VERBS: [&str; 6] = ["run", "inspect", "pack", "collection", "validate", "generate"];

#[test]
fn completions_for_every_shell_know_every_verb() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let outcome = Palisade::verb("generate").argument("completions").argument(shell).go();
        assert_eq!((outcome.status, outcome.stderr.as_str()), (0, ""), "{shell}");
        for word in VERBS.into_iter().chain(["palisade", "connect-to", "dry-run"]) {
            assert!(outcome.stdout.contains(word), "{shell} does not know `{word}`");
        }
    }
    let outcome = Palisade::verb("generate").argument("completions").argument("tcsh").go();
    assert_eq!(outcome.status, 2, "{}", outcome.stderr);
}

#[test]
fn the_adapter_is_a_module_and_a_directory_is_not_written_over() {
    let outcome = Palisade::verb("generate").argument("adapter").argument("adapter.wasm").go();
    assert_eq!(outcome.status, 0, "{}", outcome.stderr);
    let module = std::fs::read(outcome.directory().join("adapter.wasm")).unwrap();
    assert!(module.starts_with(b"\0asm\x01\0\0\0"), "{} bytes", module.len());
    let outcome = Palisade::verb("generate").argument("adapter").argument(".").go();
    assert_eq!(outcome.status, 1);
    assert!(outcome.stderr.contains("error[adapter-not-written]"), "{}", outcome.stderr);
}

#[test]
fn a_man_page_for_every_verb() {
    let outcome = Palisade::verb("generate").argument("man").argument("pages/man1").go();
    assert_eq!(outcome.status, 0, "{}", outcome.stderr);
    let pages = outcome.directory().join("pages/man1");
    for name in std::iter::once("palisade".to_owned()).chain(VERBS.map(|verb| format!("palisade-{verb}"))) {
        let page = std::fs::read_to_string(pages.join(format!("{name}.1"))).unwrap();
        assert!(page.contains(".TH ") && page.contains("SYNOPSIS"), "{name}");
    }
    let page = std::fs::read_to_string(pages.join("palisade-run.1")).unwrap();
    assert!(page.contains("connect\\-to") && page.contains("ca\\-cert"), "{page}");
}

#[test]
fn help_says_what_the_exit_statuses_mean() {
    let outcome = Palisade::verb("--help").go();
    assert_eq!((outcome.status, outcome.stderr.as_str()), (0, ""));
    for word in VERBS {
        assert!(outcome.stdout.contains(word), "{word}");
    }
    let text = outcome.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    for status in
        ["Exit status: 0 every", "1 could not start", "2 the command line", "3 finished", "4 ended early"]
    {
        assert!(text.contains(status), "`{status}` is missing in {text}");
    }
    let outcome = Palisade::verb("--version").go();
    assert_eq!(outcome.stdout, format!("palisade {}\n", env!("CARGO_PKG_VERSION")));
}
