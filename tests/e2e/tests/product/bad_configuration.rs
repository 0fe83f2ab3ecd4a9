//! A configuration that cannot be used: the run does not start, everything that is wrong is said at once with what would be
//! right, nothing is sent, and no secret is repeated.

use palisade_e2e::{Palisade, Tenant};

/// Stands for a key that somebody wrote where it does not belong.
const PLAIN_KEY: &str = "sesame-0451-plain";

/// A run that is complete but for its configuration.
fn run(tenant: &Tenant) -> Palisade {
    Palisade::run(tenant, "add-to-blocklist").collection_of("list.txt", "evil.example.com\n")
}

/// Runs it, asserts that it was refused before anything was sent, and gives what standard error says.
fn refused(tenant: &Tenant, call: Palisade) -> String {
    let outcome = call.go();
    assert_eq!(outcome.status, 1, "{}", outcome.stderr);
    assert!(tenant.received().is_empty(), "{:?}", tenant.received());
    assert!(!outcome.has_report());
    assert_eq!(outcome.stdout, "");
    assert!(
        !outcome.stderr.contains(PLAIN_KEY) && !outcome.stderr.contains(tenant.api_key()),
        "{}",
        outcome.stderr
    );
    outcome.stable_stderr()
}

#[test]
fn unknown_parameters_are_named_with_the_nearest() {
    let tenant = Tenant::start();
    let stderr = refused(&tenant, run(&tenant).configured("risk_leval: high\nurlscheme: http\nzzz: 1\n"));
    insta::assert_snapshot!(stderr, @"
    error[parameter-unknown]: there is no parameter `risk_leval`, did you mean `risk_level`? (in `DIRECTORY/configuration.yaml`)
    error[parameter-unknown]: there is no parameter `urlscheme`, did you mean `url_scheme`? (in `DIRECTORY/configuration.yaml`)
    error[parameter-unknown]: there is no parameter `zzz` (in `DIRECTORY/configuration.yaml`)
    ");
    let stderr = refused(&tenant, run(&tenant).configured("").set("scan-action", "log"));
    insta::assert_snapshot!(stderr, @"error[parameter-unknown]: there is no parameter `scan-action`, did you mean `scan_action`? (in `--set`)");
}

#[test]
fn a_wrong_option_is_answered_with_the_options() {
    let tenant = Tenant::start();
    let stderr = refused(&tenant, run(&tenant).configured("risk_level: severe\n"));
    insta::assert_snapshot!(stderr, @"error[parameter-not-an-option]: `severe` is not an option of `risk_level`; the options are `threatq-score` (Based on ThreatQ Score), `high` (High), `medium` (Medium), `low` (Low), `customer-settings` (Based on Customer Settings) (in `DIRECTORY/configuration.yaml`)");
    let stderr = refused(&tenant, run(&tenant).configured("").set("url_scheme", "gopher"));
    insta::assert_snapshot!(stderr, @"error[parameter-not-an-option]: `gopher` is not an option of `url_scheme`; the options are `http` (Apply http://), `https` (Apply https://), `both` (Add 2 IOCs (one with http:// and one with https://)), `skip` (Don't Send IOC) (in `--set`)");
    // The label of another option of another parameter is none either.
    let stderr = refused(&tenant, run(&tenant).configured("scan_action: After 7 Days\n"));
    assert!(stderr.starts_with("error[parameter-not-an-option]: `After 7 Days`"), "{stderr}");
}

#[test]
fn everything_that_is_wrong_is_said_at_once_each_with_its_code() {
    let tenant = Tenant::start();
    let call = run(&tenant).configuration("risk_level: severe\nobjects_per_run: 0\nrisklevel: high\n");
    insta::assert_snapshot!(refused(&tenant, call), @"
    error[parameter-unknown]: there is no parameter `risklevel`, did you mean `risk_level`? (in `DIRECTORY/configuration.yaml`)
    error[parameter-missing]: the parameter `api_key` (API Key) is missing
    error[parameter-not-an-option]: `severe` is not an option of `risk_level`; the options are `threatq-score` (Based on ThreatQ Score), `high` (High), `medium` (Medium), `low` (Low), `customer-settings` (Based on Customer Settings) (in `DIRECTORY/configuration.yaml`)
    error[parameter-value]: `objects_per_run` must be a whole number of at least 1, `0` was given (in `DIRECTORY/configuration.yaml`)
    hint: put `api_key: {env: NAME}` or `api_key: {file: PATH}` into the configuration file (`--config`)
    ");
}

#[test]
fn a_missing_key() {
    let tenant = Tenant::start();
    insta::assert_snapshot!(refused(&tenant, run(&tenant)), @"
    error[parameter-missing]: the parameter `api_key` (API Key) is missing
    hint: put `api_key: {env: NAME}` or `api_key: {file: PATH}` into the configuration file (`--config`)
    ");
    let stderr = refused(&tenant, run(&tenant).configuration("scan_action: log\n"));
    insta::assert_snapshot!(stderr, @"
    error[parameter-missing]: the parameter `api_key` (API Key) is missing
    hint: put `api_key: {env: NAME}` or `api_key: {file: PATH}` into the configuration file (`--config`)
    ");
}

#[test]
fn a_key_on_the_command_line_is_refused_and_not_repeated() {
    let tenant = Tenant::start();
    insta::assert_snapshot!(refused(&tenant, run(&tenant).set("api_key", PLAIN_KEY)), @"
    error[secret-in-plain]: `api_key` is a secret and must not be written down: give {env: NAME} or {file: PATH} in the configuration file (in `--set`)
    hint: a secret on the command line is visible in the shell's history and in the list of processes
    ");
    // Not even where a good one stands in the file.
    let stderr = refused(&tenant, run(&tenant).configured("").set("api_key", PLAIN_KEY));
    assert!(stderr.starts_with("error[secret-in-plain]"), "{stderr}");
    // As JSON, too.
    let outcome = run(&tenant).set("api_key", PLAIN_KEY).argument("--output").argument("json").go();
    assert_eq!(outcome.status, 1);
    assert!(!format!("{}{}", outcome.stdout, outcome.stderr).contains(PLAIN_KEY));
    let answer: serde_json::Value = serde_json::from_str(&outcome.stdout).unwrap();
    assert_eq!(answer["error"]["code"], "secret-in-plain");
    assert!(tenant.received().is_empty());
}

#[test]
fn a_key_without_its_name_is_wrong_usage_and_not_repeated() {
    let tenant = Tenant::start();
    let outcome = run(&tenant).argument("--set").argument(PLAIN_KEY).go();
    assert_eq!(outcome.status, 2, "{}", outcome.stderr);
    insta::assert_snapshot!(outcome.stable_stderr(), @"error[configuration-set]: the value of `--set` is not of the form NAME=VALUE");
    assert!(tenant.received().is_empty());
}

#[test]
fn a_key_in_plain_in_the_file_is_refused_and_not_repeated() {
    let tenant = Tenant::start();
    let stderr = refused(&tenant, run(&tenant).configuration(&format!("api_key: {PLAIN_KEY}\n")));
    insta::assert_snapshot!(stderr, @"
    error[secret-in-plain]: `api_key` is a secret and must not be written down: give {env: NAME} or {file: PATH} in the configuration file (in `DIRECTORY/configuration.yaml`)
    hint: configuration files are copied, kept in backups and put under version control; a secret must not be
    ");
    for value in [format!("[{PLAIN_KEY}]"), format!("\"{PLAIN_KEY}\""), "451".to_owned(), "null".to_owned()] {
        let stderr = refused(&tenant, run(&tenant).configuration(&format!("api_key: {value}\n")));
        assert!(stderr.starts_with("error[secret-in-plain]"), "{value}: {stderr}");
    }
}

#[test]
fn a_source_that_is_none_is_refused_and_not_repeated() {
    let tenant = Tenant::start();
    let stderr = refused(&tenant, run(&tenant).configuration(&format!("api_key: {{value: {PLAIN_KEY}}}\n")));
    insta::assert_snapshot!(stderr, @"error[configuration-form]: the configuration `DIRECTORY/configuration.yaml` gives `api_key` as a mapping that is neither {env: NAME} nor {file: PATH}");
    let both = format!("api_key: {{env: PALISADE_TEST_API_KEY, file: {PLAIN_KEY}}}\n");
    let stderr = refused(&tenant, run(&tenant).configuration(&both));
    assert!(stderr.starts_with("error[configuration-form]"), "{stderr}");
}

#[test]
fn an_empty_key_is_as_good_as_none() {
    let tenant = Tenant::start();
    let call = run(&tenant).configured("").environment("PALISADE_TEST_API_KEY", "");
    insta::assert_snapshot!(refused(&tenant, call), @"error[secret-missing]: the secret `api_key` cannot be had from the environment variable `PALISADE_TEST_API_KEY`: it is empty (in `DIRECTORY/configuration.yaml`)");
    for content in ["", "\n", "  \r\n"] {
        let call = run(&tenant);
        call.file("key", content);
        let stderr = refused(&tenant, call.configuration("api_key: {file: key}\n"));
        let expected = "error[secret-missing]: the secret `api_key` cannot be had from the file `DIRECTORY/key`: it is empty";
        assert!(stderr.starts_with(expected), "{stderr}");
    }
}

#[test]
fn a_source_that_is_not_there() {
    let tenant = Tenant::start();
    let stderr = refused(&tenant, run(&tenant).configuration("api_key: {env: PALISADE_TEST_NOT_SET}\n"));
    insta::assert_snapshot!(stderr, @"error[secret-missing]: the secret `api_key` cannot be had from the environment variable `PALISADE_TEST_NOT_SET`: it is not set (in `DIRECTORY/configuration.yaml`)");
    let stderr = refused(&tenant, run(&tenant).configuration("api_key: {file: not-there}\n"));
    insta::assert_snapshot!(stderr, @"error[secret-missing]: the secret `api_key` cannot be had from the file `DIRECTORY/not-there`: No such file or directory (os error 2) (in `DIRECTORY/configuration.yaml`)");
}

#[test]
fn a_key_that_no_header_can_carry_is_not_repeated() {
    let tenant = Tenant::start();
    let call = run(&tenant).configured("").environment("PALISADE_TEST_API_KEY", &format!("{PLAIN_KEY}\nx"));
    insta::assert_snapshot!(refused(&tenant, call), @"error[secret-not-a-header-value]: the secret `api_key` cannot be used: the secret holds a character that a header cannot carry (a line break, a control character or one outside ASCII)");
}

#[test]
fn a_parameter_that_is_no_secret_has_no_source() {
    let tenant = Tenant::start();
    let call = run(&tenant).configured("scan_action: {env: PALISADE_TEST_API_KEY}\n");
    insta::assert_snapshot!(refused(&tenant, call), @"error[parameter-not-a-secret]: `scan_action` is not a secret: give its value (in `DIRECTORY/configuration.yaml`)");
}

#[test]
fn a_parameter_of_the_other_action_is_refused_on_the_command_line() {
    let tenant = Tenant::start();
    let call = Palisade::run(&tenant, "add-to-exception-list")
        .collection_of("list.txt", "good.example.com\n")
        .configured("")
        .set("scan_action", "log");
    insta::assert_snapshot!(refused(&tenant, call), @"error[parameter-of-another-action]: the parameter `scan_action` does not belong to the action `add-to-exception-list` (in `--set`)");
}

#[test]
fn a_number_out_of_bounds() {
    let tenant = Tenant::start();
    insta::assert_snapshot!(refused(&tenant, run(&tenant).configured("objects_per_run: 0\n")), @"error[parameter-value]: `objects_per_run` must be a whole number of at least 1, `0` was given (in `DIRECTORY/configuration.yaml`)");
    for value in ["-1", "many", "1.5", "true", "99999999999999999999", "\"\"", "[1]"] {
        let stderr = refused(&tenant, run(&tenant).configured(&format!("objects_per_run: {value}\n")));
        assert!(
            stderr.starts_with("error[parameter-value]: `objects_per_run` must be a whole number"),
            "{value}: {stderr}"
        );
    }
    let stderr = refused(&tenant, run(&tenant).configured("").set("objects_per_run", "0"));
    assert!(stderr.starts_with("error[parameter-value]"), "{stderr}");
}

#[test]
fn a_file_that_is_no_mapping() {
    let tenant = Tenant::start();
    insta::assert_snapshot!(refused(&tenant, run(&tenant).configuration("- api_key\n- scan_action\n")), @"error[configuration-form]: the configuration `DIRECTORY/configuration.yaml` must hold parameters with their values, one `name: value` each");
    for text in ["just text\n", "451\n"] {
        let stderr = refused(&tenant, run(&tenant).configuration(text));
        assert!(stderr.starts_with("error[configuration-form]"), "{text}: {stderr}");
    }
}

#[test]
fn a_file_that_is_no_yaml_is_answered_with_the_line_but_not_with_its_content() {
    let tenant = Tenant::start();
    let text = format!("api_key: {PLAIN_KEY}\nscan_action: [block\nrisk_level: high\n");
    insta::assert_snapshot!(refused(&tenant, run(&tenant).configuration(&text)), @"error[configuration-syntax]: the configuration `DIRECTORY/configuration.yaml` is neither YAML nor JSON: line 3, column 11: illegal placement of ':' indicator");
    let text = format!("api_key: {PLAIN_KEY}\nscan_action: block\nscan_action: log\n");
    insta::assert_snapshot!(refused(&tenant, run(&tenant).configuration(&text)), @"error[configuration-syntax]: the configuration `DIRECTORY/configuration.yaml` is neither YAML nor JSON: line 3, column 1: `scan_action` is given twice");
}

#[test]
fn a_file_that_is_not_there() {
    let tenant = Tenant::start();
    let stderr = refused(&tenant, run(&tenant).argument("--config").argument("not-there.yaml"));
    insta::assert_snapshot!(stderr, @"error[configuration-unreadable]: the configuration `not-there.yaml` cannot be read: No such file or directory (os error 2)");
}

#[test]
fn an_unknown_action_is_named_with_the_nearest() {
    let tenant = Tenant::start();
    let call = Palisade::run(&tenant, "add-to-blacklist").collection_of("list.txt", "evil.example.com\n");
    insta::assert_snapshot!(refused(&tenant, call.configured("")), @"error[action-unknown]: the bundle has no action `add-to-blacklist`; did you mean `add-to-blocklist`?");
}

#[test]
fn a_collection_that_is_not_there_or_empty() {
    let tenant = Tenant::start();
    let run = || Palisade::run(&tenant, "add-to-blocklist").configured("");
    insta::assert_snapshot!(refused(&tenant, run().collection("not-there.txt")), @"
    error[collection-not-opened]: cannot open `not-there.txt`: No such file or directory (os error 2)
    hint: check the path and that the file may be read
    ");
    insta::assert_snapshot!(refused(&tenant, run().collection_of("list.txt", "")), @"
    error[collection-empty]: `DIRECTORY/list.txt` is empty
    hint: a list that is empty on purpose is read with `--format text`
    ");
    // One bad file spoils the run: the good one is not sent either.
    let stderr =
        refused(&tenant, run().collection_of("list.txt", "evil.example.com\n").collection("not-there.txt"));
    assert!(stderr.starts_with("error[collection-not-opened]"), "{stderr}");
}

#[test]
fn a_report_or_an_authority_that_cannot_be_used() {
    let tenant = Tenant::start();
    let stderr =
        refused(&tenant, run(&tenant).configured("").argument("--ca-cert").argument("not-there.pem"));
    insta::assert_snapshot!(stderr, @"
    error[ca-certificate-invalid]: `not-there.pem` holds no certificate authority that can be used: No such file or directory (os error 2)
    hint: a PEM file with `BEGIN CERTIFICATE` is expected
    ");
    let call = Palisade::verb("run")
        .argument("--bundle")
        .argument(palisade_e2e::bundle())
        .argument("--action")
        .argument("add-to-blocklist")
        .argument("--connect-to")
        .argument(tenant.connect_to(palisade_e2e::REGION))
        .argument("--report")
        .argument("not-there/report.json")
        .environment("PALISADE_TEST_API_KEY", tenant.api_key())
        .collection_of("list.txt", "evil.example.com\n")
        .configured("");
    insta::assert_snapshot!(refused(&tenant, call), @"error[report-not-written]: the report cannot be written to `not-there/report.json`: No such file or directory (os error 2)");
}

#[test]
fn what_the_command_line_cannot_mean_is_wrong_usage() {
    let tenant = Tenant::start();
    let cases: &[&[&str]] = &[
        &["--format", "xml"],
        &["--connect-to", "nowhere"],
        &["--deadline", "0"],
        &["--request-timeout", "soon"],
        &["--set", "=value"],
        &["--set"],
        &["--not-an-option"],
        &["--output", "yaml"],
    ];
    for arguments in cases {
        let call =
            arguments.iter().fold(run(&tenant).configured(""), |call, argument| call.argument(argument));
        let outcome = call.go();
        assert_eq!(outcome.status, 2, "{arguments:?}: {}", outcome.stderr);
        assert!(outcome.stderr.starts_with("error"), "{arguments:?}: {}", outcome.stderr);
        assert!(tenant.received().is_empty() && !outcome.has_report());
    }
    // Without a collection, and without anything.
    let outcome = Palisade::run(&tenant, "add-to-blocklist").configured("").go();
    assert_eq!(outcome.status, 2);
    assert!(outcome.stderr.contains("--collection"), "{}", outcome.stderr);
}
