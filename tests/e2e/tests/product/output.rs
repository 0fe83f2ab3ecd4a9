//! Where what is said goes, and in what form: data to standard output, the rest to standard error; JSON where it is asked
//! for; colours only where somebody sees them.

use palisade_e2e::{Palisade, Tenant, bundle, root};
use serde_json::Value;

/// The beginning of every control sequence.
const ESCAPE: char = '\u{1b}';

fn json(call: Palisade) -> (i32, Value) {
    let outcome = call.argument("--output").argument("json").go();
    let parsed = serde_json::from_str(&outcome.stdout);
    (outcome.status, parsed.unwrap_or_else(|error| panic!("{error}: {}\n{}", outcome.stdout, outcome.stderr)))
}

/// A run with an object of each kind.
fn mixed(tenant: &Tenant) -> Palisade {
    let list = "evil.example.com\nnot an indicator\nd41d8cd98f00b204e9800998ecf8427e\n";
    Palisade::run(tenant, "add-to-blocklist").configured("").collection_of("list.txt", list)
}

#[test]
fn every_verb_has_its_result_as_json() {
    let (status, inspection) = json(Palisade::verb("inspect").argument(bundle()));
    assert_eq!((status, inspection["manifest"]["id"].as_str()), (0, Some("trend-vision-one")));
    let (status, validation) = json(Palisade::verb("validate").argument(bundle()));
    assert_eq!((status, &validation["valid"]), (0, &Value::Bool(true)));
    let (status, seen) = json(Palisade::verb("collection").argument("-").input("evil.example.com\n"));
    assert_eq!((status, &seen["by_subtype"]["FQDN"]), (0, &Value::from(1)));
    let (status, text) = json(Palisade::verb("generate").argument("limits"));
    assert!(status == 0 && text.is_string());
    let (status, failure) =
        json(Palisade::verb("pack").argument("--manifest").argument("not-there").args_of_pack());
    assert_eq!(status, 1);
    assert!(failure["error"]["code"].is_string() && failure["error"]["message"].is_string(), "{failure}");
}

#[test]
fn the_json_of_a_run_is_its_report() {
    let tenant = Tenant::start();
    let outcome = mixed(&tenant).argument("--output").argument("json").go();
    assert_eq!(outcome.status, 3, "{}", outcome.stderr);
    let printed: Value = serde_json::from_str(&outcome.stdout).unwrap();
    assert_eq!(&printed, outcome.report());
    assert_eq!(outcome.stderr, "", "nothing but data");
}

#[test]
fn the_json_of_a_failure_has_every_problem() {
    let tenant = Tenant::start();
    let call = Palisade::run(&tenant, "add-to-blocklist")
        .configuration("risk_level: severe\n")
        .collection_of("list.txt", "evil.example.com\n");
    let (status, failure) = json(call);
    assert_eq!(status, 1);
    let codes: Vec<&str> = failure["error"]["problems"]
        .as_array()
        .unwrap()
        .iter()
        .map(|problem| problem["code"].as_str().unwrap())
        .collect();
    assert_eq!(codes, ["parameter-missing", "parameter-not-an-option"]);
    assert!(failure["error"]["hint"].is_string());
}

#[test]
fn the_report_of_a_run_is_told_on_standard_error() {
    let tenant = Tenant::start();
    let outcome = mixed(&tenant).go();
    assert_eq!((outcome.status, outcome.stdout.as_str()), (3, ""));
    insta::with_settings!({filters => vec![(r"one \d+\.\d+\.\d+,", "one VERSION,"), (r"in \d[\d.]* m?s", "in TIME"), (r"[\d.]+ (bytes|kB) (sent|received)", "SIZE $2")]}, {
        insta::assert_snapshot!(outcome.stable_stderr(), @"
        Trend Micro Vision One - Add to Blocklist (trend-vision-one VERSION, run RUN)
          from  DIRECTORY/list.txt  2 objects, 1 unreadable (text)

          offered   3
          accepted  1
          skipped   1  type-not-accepted 1
          rejected  1  unreadable 1
          failed    0

          1 request, SIZE sent, SIZE received

        rejected unreadable (1)
          not an indicator  line 2  expected a domain, address, URL, e-mail address or hash, found `not`

        finished with problems in TIME: see above, or --report for every object
        ");
    });
}

#[test]
fn there_are_no_colours_where_nobody_sees_them() {
    let tenant = Tenant::start();
    let coloured = |call: Palisade| {
        let outcome = call.go();
        outcome.stderr.contains(ESCAPE) || outcome.stdout.contains(ESCAPE)
    };
    let color = |call: Palisade, when: &str| call.argument("--color").argument(when);
    // Standard error is a pipe here.
    assert!(!coloured(mixed(&tenant)));
    assert!(!coloured(Palisade::verb("inspect").argument(bundle())));
    assert!(!coloured(Palisade::verb("inspect").argument("not-there")));
    assert!(!coloured(mixed(&tenant).argument("-vv")));
    // Where they are wanted they are there, or the lines above would show nothing.
    assert!(coloured(color(mixed(&tenant), "always")));
    assert!(coloured(Palisade::verb("inspect").argument(bundle()).environment("CLICOLOR_FORCE", "1")));
    assert!(coloured(Palisade::verb("inspect").argument("not-there").environment("CLICOLOR_FORCE", "1")));
    // NO_COLOR goes before what would switch them on.
    for call in [mixed(&tenant), Palisade::verb("inspect").argument(bundle())] {
        assert!(!coloured(call.environment("CLICOLOR_FORCE", "1").environment("NO_COLOR", "1")));
    }
    assert!(!coloured(color(mixed(&tenant), "never").environment("CLICOLOR_FORCE", "1")));
    // JSON has none in any case.
    assert!(!coloured(color(mixed(&tenant), "always").argument("--output").argument("json")));
}

#[test]
fn values_cannot_steer_the_terminal() {
    let tenant = Tenant::start();
    let page = palisade_e2e::threatq([("FQDN", "evil\u{1b}[2J.example.com"), ("\u{1b}]0;title\u{7}", "x")]);
    let outcome =
        Palisade::run(&tenant, "add-to-blocklist").configured("").collection_of("page.json", page).go();
    assert_eq!(outcome.status, 3, "{}", outcome.stderr);
    assert!(!outcome.stderr.contains([ESCAPE, '\u{7}']), "{:?}", outcome.stderr);
    // The report has the values as they are.
    assert_eq!(outcome.object("evil\u{1b}[2J.example.com").verdict, "rejected");
}

/// What `pack` needs besides a manifest.
trait PackArguments {
    fn args_of_pack(self) -> Self;
}

impl PackArguments for Palisade {
    fn args_of_pack(self) -> Self {
        let file = root().join("LICENSE");
        ["--component", "--readme", "--changelog", "--license", "--icon", "--sbom"]
            .into_iter()
            .fold(self, |call, option| call.argument(option).argument(&file))
            .argument("--out")
            .argument("out.zip")
    }
}
