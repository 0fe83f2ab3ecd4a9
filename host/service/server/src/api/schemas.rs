//! What bodies and parameters are made of, where a Rust type of another crate says it: names, schedules, filters, settings. The
//! document then says what the handlers take, and neither more nor less.

use palisade_limits as limits;
use palisade_model::Verdict;
use palisade_schedule::{Day, Period};
use palisade_store::{Cause, ObjectOrder, Origin, Phase, RunOrder, RunStatus, Takes};
use utoipa::openapi::schema::{AdditionalProperties, OneOfBuilder, Schema, SchemaFormat, SchemaType, Type};
use utoipa::openapi::{ArrayBuilder, KnownFormat, Object, ObjectBuilder, RefOr};
use utoipa::{IntoParams, PartialSchema, ToSchema};

use crate::search::Kind;

/// The header for idempotent calls.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "it is read before the handler")]
pub(crate) struct Once {
    /// The key of an idempotent call: the service performs the call once for each key.
    #[param(rename = "Idempotency-Key", min_length = 1, max_length = 128, pattern = "^[ -~]*[!-~][ -~]*$")]
    key: Option<String>,
}

fn text() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String)
}

fn one_of<'a>(names: impl IntoIterator<Item = &'a str>) -> Object {
    text().enum_values(Some(names)).build()
}

/// The schema, or null.
fn one_of_or_none<'a>(names: impl IntoIterator<Item = &'a str>) -> Object {
    let names = names.into_iter().map(serde_json::Value::from).chain([serde_json::Value::Null]);
    ObjectBuilder::new()
        .schema_type(SchemaType::from_iter([Type::String, Type::Null]))
        .enum_values(Some(names))
        .build()
}

/// The name of a workflow or a collection: without control characters, with at least one visible character. Surrounding spaces are
/// removed.
pub(crate) fn title() -> Object {
    const CONTROL: &str = r"\u0000-\u001f\u007f-\u009f";
    text()
        .min_length(Some(1))
        .max_length(usize::try_from(limits::TITLE_CHARACTERS).ok())
        .pattern(Some(format!(r"^[^{CONTROL}]*[^\s{CONTROL}][^{CONTROL}]*$")))
        .description(Some("Unique name."))
        .examples(["Prioritised indicators"])
        .build()
}

/// The name of a user or a token. A JSON Schema pattern cannot describe visible characters, so the format names the rule.
pub(crate) fn name() -> Object {
    text()
        .min_length(Some(1))
        .max_length(usize::try_from(limits::NAME_CHARACTERS).ok())
        .format(Some(SchemaFormat::Custom("visible-name".to_owned())))
        .description(Some("The unique name of the user or the token."))
        .examples(["ada"])
        .build()
}

pub(crate) fn takes() -> Object {
    let mut takes = one_of(Takes::ALL.iter().map(|one| one.name()));
    takes.default = Some(Takes::All.name().into());
    takes
}

/// What an import does if there is a workflow with the same name.
pub(crate) fn on_conflict() -> Object {
    let mut choices = one_of(["fail", "rename", "replace"]);
    choices.default = Some("fail".into());
    choices
}

/// The order of the objects of a collection.
pub(crate) fn collection_order() -> Object {
    let mut choices = one_of(["source", "value", "type", "score", "updated"]);
    choices.default = Some("source".into());
    choices
}

pub(crate) fn origin() -> Object {
    one_of(Origin::ALL.iter().map(|one| one.name()))
}

pub(crate) fn phase() -> Object {
    one_of(Phase::ALL.iter().map(|one| one.name()))
}

pub(crate) fn status() -> Object {
    one_of(RunStatus::ALL.iter().map(|one| one.name()))
}

pub(crate) fn status_or_none() -> Object {
    one_of_or_none(RunStatus::ALL.iter().map(|one| one.name()))
}

pub(crate) fn cause() -> Object {
    one_of(Cause::ALL.iter().map(|one| one.name()))
}

pub(crate) fn cause_or_none() -> Object {
    one_of_or_none(Cause::ALL.iter().map(|one| one.name()))
}

/// The order of runs.
pub(crate) fn run_order() -> Object {
    let mut order = one_of(RunOrder::ALL.iter().map(|one| one.name()));
    order.default = Some(RunOrder::Requested.name().into());
    order
}

pub(crate) fn verdict() -> Object {
    one_of(Verdict::FINAL.iter().map(|one| one.name()))
}

pub(crate) fn verdict_or_none() -> Object {
    one_of_or_none(Verdict::FINAL.iter().map(|one| one.name()))
}

pub(crate) fn phase_or_none() -> Object {
    one_of_or_none(Phase::ALL.iter().map(|one| one.name()))
}

/// The kinds of matches of a search.
pub(crate) fn search_kind() -> Object {
    one_of(Kind::ALL.iter().map(|kind| kind.name()))
}

pub(crate) fn order() -> Object {
    one_of(ObjectOrder::ALL.iter().map(|one| one.name()))
}

/// The format of uploaded files.
pub(crate) fn file_format() -> Object {
    let names = palisade_model::Format::ALL.iter().map(|format| format.name());
    text()
        .enum_values(Some(names.chain([""])))
        .description(Some("The format of the files; by default detected from their content."))
        .build()
}

/// Assignments of columns.
pub(crate) fn columns() -> utoipa::openapi::schema::Array {
    ArrayBuilder::new()
        .items(text().pattern(Some("^(value|type)=.+$")))
        .description(Some(
            "Columns of CSV files: `value=NAME` for each column that holds values, `type=NAME` for the column of the type.",
        ))
        .build()
}

fn binary() -> ObjectBuilder {
    text().format(Some(SchemaFormat::KnownFormat(KnownFormat::Binary)))
}

/// Uploaded files.
pub(crate) fn files() -> utoipa::openapi::schema::Array {
    ArrayBuilder::new().items(binary()).min_items(Some(1)).description(Some("The files.")).build()
}

/// The zip of an integration.
pub(crate) struct Zip;

impl PartialSchema for Zip {
    fn schema() -> RefOr<Schema> {
        binary().into()
    }
}

impl ToSchema for Zip {}

/// A workflow as a file.
pub(crate) struct WorkflowFile;

impl PartialSchema for WorkflowFile {
    fn schema() -> RefOr<Schema> {
        let closed = || {
            ObjectBuilder::new()
                .schema_type(Type::Object)
                .additional_properties(Some(AdditionalProperties::FreeForm(false)))
        };
        let or_none = |kind| ObjectBuilder::new().schema_type(SchemaType::from_iter([kind, Type::Null]));
        let action = ["bundle", "version", "action"]
            .into_iter()
            .fold(closed(), |action, name| action.property(name, text()).required(name));
        let action = action.property("configuration", Settings::schema()).required("configuration");
        let named = or_none(Type::String).description(Some("Name of its connection."));
        let action = action.property("connection", named);
        let actions = ArrayBuilder::new().items(action).min_items(Some(1));
        closed()
            .description(Some("An exported workflow. It names its connections."))
            .property("name", title())
            .required("name")
            .property("description", text())
            .property("collection", or_none(Type::String).description(Some("The name of its collection.")))
            .property("schedule", Schedule::schema())
            .required("schedule")
            .property("takes", takes())
            .required("takes")
            .property("max_evictions", or_none(Type::Integer).minimum(Some(0)))
            .property("actions", actions.max_items(usize::try_from(limits::WORKFLOW_STEPS).ok()))
            .required("actions")
            .into()
    }
}

impl ToSchema for WorkflowFile {}

/// When a workflow runs automatically.
pub(crate) struct Schedule;

impl Schedule {
    fn kind(kind: &str) -> ObjectBuilder {
        ObjectBuilder::new()
            .schema_type(Type::Object)
            .additional_properties(Some(AdditionalProperties::FreeForm(false)))
            .property("kind", one_of([kind]))
            .required("kind")
    }

    fn with_zone(schema: ObjectBuilder) -> ObjectBuilder {
        let zone = text()
            .format(Some(SchemaFormat::Custom("iana-time-zone".to_owned())))
            .examples(["Europe/Berlin"])
            .description(Some("A name of the IANA time zone database."));
        schema.property("zone", zone).required("zone")
    }

    fn with_time(schema: ObjectBuilder) -> ObjectBuilder {
        let at = text()
            .pattern(Some(r"^\s*([01]?[0-9]|2[0-3]):[0-5][0-9]\s*$"))
            .examples(["02:30"])
            .description(Some("The local time in the zone."));
        schema.property("at", at).required("at")
    }
}

impl PartialSchema for Schedule {
    fn schema() -> RefOr<Schema> {
        let period = one_of(Period::ALL.iter().map(|one| one.key()));
        let day = one_of(Day::ALL.iter().map(|one| one.key()));
        let expression = text()
            .format(Some(SchemaFormat::Custom("cron".to_owned())))
            .max_length(usize::try_from(limits::CRON_EXPRESSION_BYTES).ok())
            .examples(["0 2 * * 1-5"])
            .description(Some(
                "Minute, hour, day of month, month and day of week; some date has to fit them.",
            ));
        OneOfBuilder::new()
            .description(Some("When a workflow runs automatically."))
            .item(Self::kind("none"))
            .item(Self::kind("every").property("period", period).required("period"))
            .item(Self::with_zone(Self::with_time(Self::kind("daily"))))
            .item(Self::with_zone(Self::with_time(Self::kind("weekly").property("day", day).required("day"))))
            .item(Self::with_zone(
                Self::kind("cron").property("expression", expression).required("expression"),
            ))
            .examples([serde_json::json!({ "kind": "daily", "at": "02:30", "zone": "Europe/Berlin" })])
            .into()
    }
}

impl ToSchema for Schedule {}

/// Filter of a collection.
pub(crate) struct Filter;

impl PartialSchema for Filter {
    fn schema() -> RefOr<Schema> {
        let texts = |what: &str| ArrayBuilder::new().items(text()).description(Some(what.to_owned()));
        let or_none = |kind| SchemaType::from_iter([kind, Type::Null]);
        let score = |what: &str| {
            ObjectBuilder::new()
                .schema_type(or_none(Type::Number))
                .format(Some(SchemaFormat::KnownFormat(KnownFormat::Double)))
                .description(Some(what.to_owned()))
        };
        let since = ObjectBuilder::new()
            .schema_type(or_none(Type::String))
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)))
            .description(Some("Changed at or after this moment."));
        ObjectBuilder::new()
            .schema_type(Type::Object)
            .description(Some("Filter of a collection: objects that match every condition."))
            .additional_properties(Some(AdditionalProperties::FreeForm(false)))
            .property("types", texts("One of these types, by ThreatQ's names."))
            .property("statuses", texts("One of these statuses."))
            .property("score_from", score("A score of at least this; not above `score_to`."))
            .property("score_to", score("A score of at most this."))
            .property("tags", texts("All of these tags."))
            .property(
                "text",
                text().description(Some("This text in the value, the description or an attribute.")),
            )
            .property("updated_since", since)
            .property(
                "updated_within_days",
                ObjectBuilder::new()
                    .schema_type(or_none(Type::Integer))
                    .minimum(Some(1))
                    .maximum(Some(limits::FILTER_DAYS as f64))
                    .description(Some("Changed within this number of days before the collection is read.")),
            )
            .property("exclude_types", texts("None of these types."))
            .property("exclude_statuses", texts("None of these statuses."))
            .property("exclude_tags", texts("None of these tags."))
            .property(
                "exclude_text",
                text().description(Some("Not this text in the value, the description or an attribute.")),
            )
            .examples([serde_json::json!({ "types": ["FQDN", "URL"], "score_from": 7 })])
            .into()
    }
}

impl ToSchema for Filter {}

/// The values of an action's form, by parameter.
pub(crate) struct Settings;

impl PartialSchema for Settings {
    fn schema() -> RefOr<Schema> {
        let kinds = [Type::String, Type::Integer, Type::Boolean, Type::Null];
        let value = ObjectBuilder::new().schema_type(SchemaType::from_iter(kinds)).description(Some(
            "An empty text or `null` takes away what is kept. A secret is written here and shown nowhere.",
        ));
        ObjectBuilder::new()
            .schema_type(Type::Object)
            .description(Some("A value for each parameter. Missing parameters stay unchanged. Names and types are those of the action's form."))
            .property_names(Some(text().pattern(Some("^[a-z][a-z0-9_]*$"))))
            .additional_properties(Some(AdditionalProperties::RefOr(RefOr::T(value.into()))))
            .examples([serde_json::json!({ "api_region": "api.eu.xdr.trendmicro.com" })])
            .into()
    }
}

impl ToSchema for Settings {}

/// A search within the objects that match a collection's filter.
pub(crate) struct CollectionSearch;

impl PartialSchema for CollectionSearch {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::Object)
            .description(Some("A search within the objects that match a collection's filter."))
            .additional_properties(Some(AdditionalProperties::FreeForm(false)))
            .property(
                "search",
                text().description(Some("This text in the value, the description or an attribute.")),
            )
            .property("type", text().description(Some("Of this type, by ThreatQ's name.")))
            .examples([serde_json::json!({ "search": "evil", "type": "FQDN" })])
            .into()
    }
}

impl ToSchema for CollectionSearch {}

/// A selected object.
pub(crate) struct SelectedObject;

impl PartialSchema for SelectedObject {
    fn schema() -> RefOr<Schema> {
        let seen = |what: &str| text().pattern(Some(r"\S")).description(Some(what.to_owned()));
        ObjectBuilder::new()
            .schema_type(Type::Object)
            .description(Some("A selected object."))
            .additional_properties(Some(AdditionalProperties::FreeForm(false)))
            .property(
                "type",
                seen(
                    "Its type by ThreatQ's name; left out, it is found from the value, as the console does.",
                ),
            )
            .property("value", seen("Its value."))
            .required("value")
            .examples([serde_json::json!({ "type": "FQDN", "value": "evil.example" })])
            .into()
    }
}

impl ToSchema for SelectedObject {}

/// A new live connection to a ThreatQ appliance.
pub(crate) struct NewConnection;

impl PartialSchema for NewConnection {
    fn schema() -> RefOr<Schema> {
        connection(true)
    }
}

impl ToSchema for NewConnection {}

/// A changed live connection to a ThreatQ appliance, which can keep its secret.
pub(crate) struct ChangedConnection;

impl PartialSchema for ChangedConnection {
    fn schema() -> RefOr<Schema> {
        connection(false)
    }
}

impl ToSchema for ChangedConnection {}

/// The required fields depend on the kind of login.
fn connection(secret_needed: bool) -> RefOr<Schema> {
    let variant = |grant: &str, needs: &[&str]| {
        let described = |name: &str, what: &str| {
            let text = text().description(Some(what.to_owned()));
            if needs.contains(&name) { text.pattern(Some(r"\S")) } else { text }
        };
        let origin = text()
            .format(Some(SchemaFormat::Custom("https-origin".to_owned())))
            .description(Some("`https://` and the host name of the appliance."))
            .examples(["https://threatq.example"]);
        let collection = text()
            .min_length(Some(1))
            .max_length(usize::try_from(limits::THREATQ_COLLECTION_CHARACTERS).ok())
            .pattern(Some("^[0-9A-Za-z_-]+$"))
            .description(Some("The hash of the data collection in ThreatQ."))
            .examples(["5d41402abc4b2a76"]);
        let secret = text().write_only(true);
        let secret = if secret_needed {
            secret.min_length(Some(1)).description(Some("The password, the client secret or the token."))
        } else {
            secret.schema_type(SchemaType::from_iter([Type::String, Type::Null])).description(Some(
                "The password, the client secret or the token; left out, it stays for the same host.",
            ))
        };
        let schema = ObjectBuilder::new()
            .schema_type(Type::Object)
            .additional_properties(Some(AdditionalProperties::FreeForm(false)))
            .property("origin", origin)
            .property("collection", collection)
            .property("grant", one_of([grant]))
            .property("email", described("email", "Who logs in with a password."))
            .property("client_id", described("client_id", "The appliance's client id."))
            .property("secret", secret);
        let required = ["origin", "collection", "grant"].iter().chain(needs);
        let required = required.chain(secret_needed.then_some(&"secret"));
        required.fold(schema, |schema, name| schema.required(*name))
    };
    OneOfBuilder::new()
        .description(Some("A live connection to a ThreatQ appliance."))
        .item(variant("password", &["email", "client_id"]))
        .item(variant("client-credentials", &["client_id"]))
        .item(variant("token", &[]))
        .into()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    /// The value at a place of a schema.
    fn at<T: PartialSchema>(pointer: &str) -> Value {
        serde_json::to_value(T::schema()).unwrap().pointer(pointer).cloned().unwrap_or_default()
    }

    #[test]
    fn every_kind_of_schedule_is_in_the_schema_and_its_example_is_one() {
        for (place, kind) in ["none", "every", "daily", "weekly", "cron"].into_iter().enumerate() {
            assert_eq!(at::<Schedule>(&format!("/oneOf/{place}/properties/kind/enum")), json!([kind]));
            assert_eq!(at::<Schedule>(&format!("/oneOf/{place}/additionalProperties")), json!(false));
        }
        let example: palisade_schedule::Schedule =
            serde_json::from_value(at::<Schedule>("/examples/0")).unwrap();
        assert_eq!(example.describe(), "Daily at 02:30 (Europe/Berlin)");
    }

    #[test]
    fn the_filter_of_the_schema_is_the_filter_that_is_read() {
        let names: Vec<String> = at::<Filter>("/properties").as_object().unwrap().keys().cloned().collect();
        let whole = json!({
            "types": ["FQDN"], "statuses": ["Active"], "score_from": 1.0, "score_to": 9.0, "tags": ["a"], "text": "a",
            "updated_since": "2026-11-22T08:00:00Z", "updated_within_days": 30, "exclude_types": ["URL"],
            "exclude_statuses": ["Expired"], "exclude_tags": ["b"], "exclude_text": "b",
        });
        let filter: palisade_orchestrator::Filter = serde_json::from_value(whole).unwrap();
        let mut written: Vec<String> =
            serde_json::to_value(filter).unwrap().as_object().unwrap().keys().cloned().collect();
        let mut names = names;
        names.sort();
        written.sort();
        assert_eq!(names, written);
    }

    #[test]
    fn a_connection_needs_what_its_log_in_needs() {
        let needed = |place: usize| at::<NewConnection>(&format!("/oneOf/{place}/required"));
        assert_eq!(needed(0), json!(["origin", "collection", "grant", "email", "client_id", "secret"]));
        assert_eq!(needed(1), json!(["origin", "collection", "grant", "client_id", "secret"]));
        assert_eq!(at::<ChangedConnection>("/oneOf/2/required"), json!(["origin", "collection", "grant"]));
    }
}
