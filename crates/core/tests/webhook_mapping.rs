//! What bodies of any shape become under a mapping, read from fixtures and from what is made to
//! hurt: the feature `cel` must be on.

#[cfg(feature = "cel")]
#[cfg(test)]
mod mapping {
    use std::collections::BTreeMap;
    use std::path::{Path, PathBuf};

    use jiff::Timestamp;
    use proptest::prelude::*;
    use signalbox_core::event::{Kind, Origin, Severity};
    use signalbox_core::source::webhook::{
        About, Complaint, Expressions, Format, ITEMS_MAX, Mapped, Mapping, Reading, Settings,
    };

    type Entries = Vec<Result<Mapped, Complaint>>;

    fn now() -> Timestamp {
        "2026-03-02T12:00:00.000999Z".parse().unwrap()
    }

    fn fixture(name: &str) -> String {
        let root: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let path = root.join(format!("fixtures/webhook/{name}.json"));
        std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    fn settings(expressions: Expressions) -> Settings {
        Settings {
            source: "acme".into(),
            service: "acme-pay".into(),
            kind: Kind::Incident,
            severity: Severity::Info,
            severities: BTreeMap::new(),
            expressions,
        }
    }

    /// Settings for bodies of which only the identifier is of interest, and one more field.
    fn only(event_id: &str) -> Settings {
        settings(Expressions {
            event_id: event_id.into(),
            ..Expressions::default()
        })
    }

    fn read(settings: Settings, body: &str) -> Entries {
        let mapping = Mapping::new(settings).unwrap_or_else(|errors| panic!("{errors:?}"));
        let entries = mapping.read(body.as_bytes(), now()).unwrap();
        for mapped in entries.iter().flatten() {
            assert!(body.contains(mapped.event.raw.as_str()), "raw is a slice");
        }
        entries
    }

    fn read_one(settings: Settings, body: &str) -> Mapped {
        let mut entries = read(settings, body);
        assert_eq!(entries.len(), 1);
        entries
            .remove(0)
            .unwrap_or_else(|complaint| panic!("{complaint}"))
    }

    fn refused(settings: Settings, body: &str) -> String {
        let mapping = Mapping::new(settings).unwrap();
        mapping
            .read(body.as_bytes(), now())
            .unwrap_err()
            .to_string()
    }

    fn shown(complaints: &[Complaint]) -> Vec<String> {
        complaints.iter().map(Complaint::to_string).collect()
    }

    fn incidents() -> Settings {
        let severities = [("P1", Severity::Critical), ("P2", Severity::Warning)];
        let severities = severities.map(|(word, severity)| (word.to_owned(), severity));
        Settings {
            severities: severities.into(),
            ..settings(Expressions {
                event_id: "item.incident.key".into(),
                severity: Some("item.incident.priority".into()),
                summary: Some("item.incident.title".into()),
                description: Some("item.incident.notes".into()),
                started_at: Some("item.incident.opened".into()),
                updated_at: Some("item.incident.changed".into()),
                resolved_at: Some("item.incident.closed".into()),
                status: Some("item.incident.state".into()),
                component: Some(
                    "item.incident.service.name + ' (' + item.incident.service.region + ')'".into(),
                ),
                livemode: Some("!body.test".into()),
                ..Expressions::default()
            })
        }
    }

    #[test]
    fn a_single_incident_is_read_field_by_field() {
        let body = fixture("incident_opened");
        let mapped = read_one(incidents(), &body);
        assert_eq!(shown(&mapped.complaints), [""; 0]);
        assert_eq!(mapped.subject, "acme:INC-7731");
        assert_eq!(mapped.vendor_status, "open");
        let changed = mapped.vendor_updated_at.unwrap();
        assert_eq!(changed.to_string(), "2026-03-02T09:14:05Z");

        let event = mapped.event;
        assert_eq!(event.event_id.as_str(), "acme:INC-7731");
        assert_eq!((&*event.source, &*event.service), ("acme", "acme-pay"));
        assert_eq!((event.kind, event.origin), (Kind::Incident, Origin::Live));
        assert_eq!(event.severity, Severity::Critical);
        let title = "Card acquiring: elevated declines in Zürich 🇨🇭";
        assert_eq!(event.summary, title);
        assert!(event.description.unwrap().starts_with("Roughly 4 %"));
        assert_eq!(event.started_at.to_string(), "2026-03-02T09:14:00Z");
        assert_eq!(event.resolved_at, None);
        assert_eq!(
            event.component.as_deref(),
            Some("Acquiring API (eu-central)")
        );
        assert_eq!(event.livemode, Some(true));
        assert_eq!(event.raw.as_str(), body, "the whole body, byte for byte");
    }

    #[test]
    fn an_end_is_read_and_an_unknown_word_is_a_warning() {
        let mapped = read_one(incidents(), &fixture("incident_closed"));
        let ended = mapped.event.resolved_at.unwrap();
        assert_eq!(ended.to_string(), "2026-03-02T10:02:30Z", "milliseconds");
        assert_eq!(mapped.event.severity, Severity::Warning);
        assert_eq!(
            shown(&mapped.complaints),
            ["items[0].severity yields a word that is neither listed nor one of ours"]
        );
    }

    #[test]
    fn an_end_may_be_said_without_a_time_and_a_payment_has_none() {
        let mut by_state = incidents();
        by_state.expressions.resolved_at = Some("item.incident.state == 'closed'".into());
        let ended = |settings: &Settings, name: &str| {
            let mapped = read_one(settings.clone(), &fixture(name));
            mapped.event.resolved_at.map(|at| at.to_string())
        };
        assert_eq!(ended(&by_state, "incident_opened"), None);
        let changed = Some("2026-03-02T10:02:30Z".to_owned());
        assert_eq!(ended(&by_state, "incident_closed"), changed);
        by_state.expressions.updated_at = None;
        let now = Some("2026-03-02T12:00:00Z".to_owned());
        assert_eq!(ended(&by_state, "incident_closed"), now);
        by_state.kind = Kind::Payment;
        assert_eq!(ended(&by_state, "incident_closed"), None);
        by_state.expressions.kind = Some("'status'".into());
        assert_eq!(ended(&by_state, "incident_closed"), now);
    }

    fn alerts() -> Settings {
        Settings {
            severities: [("minor".to_owned(), Severity::Warning)].into(),
            ..settings(Expressions {
                items: Some("body.alerts".into()),
                skip: Some("item.labels.exists(l, l.key == 'env' && l.value == 'canary')".into()),
                event_id: "item.fingerprint".into(),
                severity: Some("item.severity".into()),
                summary: Some("body.account + ': ' + item.fingerprint".into()),
                started_at: Some("item.at".into()),
                component: Some("item.labels.filter(l, l.key == 'component')[0].value".into()),
                livemode: Some("body.window.to > body.window.from".into()),
                ..Expressions::default()
            })
        }
    }

    #[test]
    fn a_batch_is_read_item_by_item() {
        let body = fixture("alerts_batch");
        let entries = read(alerts(), &body);
        let mapped: Vec<&Mapped> = entries.iter().flatten().collect();
        assert_eq!(
            (entries.len(), mapped.len()),
            (4, 4),
            "the canary is skipped"
        );
        let ids: Vec<&str> = mapped.iter().map(|it| it.subject.as_str()).collect();
        assert_eq!(ids, ["acme:a1", "acme:a2", "acme:a4", "acme:a5"]);
        let severities: Vec<Severity> = mapped.iter().map(|it| it.event.severity).collect();
        let [worst, bad, fine] = [Severity::Critical, Severity::Warning, Severity::Info];
        assert_eq!(severities, [worst, bad, bad, fine]);
        let components: Vec<_> = mapped.iter().map(|it| it.event.component.clone()).collect();
        assert_eq!(components, [Some("checkout".into()), None, None, None]);
        let starts = mapped.iter().map(|it| it.event.started_at.to_string());
        let expected = [
            "2026-03-02T09:00:00Z",
            "2026-03-02T07:01:00Z",
            "2026-03-02T12:00:00Z",
            "2026-03-02T09:02:03.5Z",
        ];
        assert_eq!(starts.collect::<Vec<_>>(), expected);
        assert_eq!(mapped[0].event.summary, "example-shop: a1");
        let raw = mapped[0].event.raw.as_str();
        assert!(raw.starts_with("{ \"fingerprint\": \"a1\",  ") && raw.ends_with("0.250 }"));
        assert!(mapped[1].event.raw.as_str().contains("1E-3 }"));
    }

    #[test]
    fn what_is_missing_falls_back_and_what_was_expected_is_complained_of() {
        let entries = read(alerts(), &fixture("alerts_batch"));
        let complaints: Vec<String> = entries
            .iter()
            .flatten()
            .flat_map(|mapped| shown(&mapped.complaints))
            .collect();
        let wrong = "applies something to a value of the wrong type";
        let expected = [
            "items[3].severity yields nothing".to_owned(),
            format!("items[4].skip {wrong}"),
            format!("items[4].component {wrong}"),
        ];
        assert_eq!(complaints, expected, "null has no labels, and says so");
    }

    #[test]
    fn wrong_types_are_named_and_sink_only_what_has_no_identity() {
        let entries = read(
            settings(Expressions {
                items: Some("body.events".into()),
                event_id: "item.id".into(),
                severity: Some("item.level".into()),
                summary: Some("item.text".into()),
                started_at: Some("item.when".into()),
                resolved_at: Some("item.over".into()),
                livemode: Some("item.live".into()),
                ..Expressions::default()
            }),
            &fixture("wrong_types"),
        );
        let first = entries[0].as_ref().unwrap();
        assert_eq!(first.subject, "acme:17");
        assert_eq!(first.event.summary, "acme:17");
        assert_eq!(first.event.severity, Severity::Warning);
        let fields: Vec<&str> = first.complaints.iter().map(|it| it.field).collect();
        let expected = [
            "started_at",
            "resolved_at",
            "summary",
            "severity",
            "livemode",
        ];
        assert_eq!(fields, expected);

        let refusals: Vec<String> = entries[1..7]
            .iter()
            .map(|entry| entry.as_ref().unwrap_err().to_string())
            .collect();
        let no_id = "yields no identifier: 1 to 128 visible ASCII characters without / or :";
        let wrong = "applies something to a value of the wrong type";
        let expected = [
            format!("items[1].event_id {no_id}"),
            "items[2].event_id yields nothing".into(),
            "items[3].event_id yields nothing".into(),
            "items[4].event_id yields no text".into(),
            format!("items[5].event_id {wrong}"),
            "items[6].item names a key twice".into(),
        ];
        assert_eq!(refusals, expected);
        let last = entries[7].as_ref().unwrap();
        assert!(last.complaints.is_empty());
        assert_eq!(last.event.severity, Severity::Critical);
    }

    #[test]
    fn no_digit_of_a_number_is_lost() {
        let body = fixture("huge_numbers");
        let mapped = read_one(
            settings(Expressions {
                event_id: "item.id".into(),
                summary: Some("item.amount".into()),
                description: Some("item.rate + ' ' + item.big".into()),
                started_at: Some("item.when".into()),
                component: Some("string(item.order)".into()),
                ..Expressions::default()
            }),
            &body,
        );
        assert!(mapped.complaints.is_empty(), "{:?}", mapped.complaints);
        assert_eq!(mapped.subject, "acme:18446744073709551615");
        let event = mapped.event;
        assert_eq!(event.summary, "123456789012345678901234567890");
        let rate = "0.1000000000000000055511151231257827 1e400";
        assert_eq!(event.description.as_deref(), Some(rate));
        assert_eq!(event.component.as_deref(), Some("9007199254740993"));
        assert_eq!(event.started_at.to_string(), "2026-03-02T09:00:00.123Z");
        assert_eq!(event.raw.as_str(), body);

        let mut compared = only("item.id");
        compared.expressions.summary = Some("item.amount > 1 ? 'much' : 'little'".into());
        let complaints = read_one(compared, &body).complaints;
        let wrong = "items[0].summary applies something to a value of the wrong type";
        assert_eq!(shown(&complaints), [wrong]);
    }

    #[test]
    fn a_batch_has_at_most_a_thousand_items() {
        let mut batch = only("item");
        batch.expressions.items = Some("body".into());
        let list = |n: usize| {
            let items: Vec<String> = (0..n).map(|id| id.to_string()).collect();
            format!("[{}]", items.join(","))
        };
        let entries = read(batch.clone(), &list(ITEMS_MAX));
        assert!(entries.len() == ITEMS_MAX && entries.iter().all(Result::is_ok));
        let message = refused(batch, &list(ITEMS_MAX + 1));
        assert_eq!(message, "body: expected at most 1000 items");
    }

    #[test]
    fn a_list_is_walked_to_by_names_and_places() {
        let mut batch = only("item.id");
        batch.expressions.items = Some("body['a.b'][1].c".into());
        let body = r#"{"a.b":[0,{"c":[{"id":"x"},{"id":"y"}]}]}"#;
        assert_eq!(read(batch.clone(), body).len(), 2);
        for body in [
            "{}",
            "[]",
            r#"{"a.b":[0,{"c":null}]}"#,
            r#"{"a.b":[0,{"c":{}}]}"#,
        ] {
            let message = refused(batch.clone(), body);
            assert_eq!(message, "body['a.b'][1].c: expected a list", "{body}");
        }
        for computed in ["body.a.filter(x, true)", "item.a", "body.a + body.b", "[1]"] {
            batch.expressions.items = Some(computed.into());
            let errors = Mapping::new(batch.clone()).unwrap_err();
            assert!(
                errors[0].message.starts_with("is no path from body"),
                "{computed}"
            );
        }
    }

    #[test]
    fn a_body_that_is_no_document_is_refused_whole() {
        for (body, start) in [
            ("", "body is empty"),
            ("<html>", "body is not JSON"),
            ("{} {}", "body is not JSON"),
            (r#"{"id":1,"id":2}"#, "a top-level key stands twice"),
            (r#"{"a":{"id":1,"id":2}}"#, "body: expected each key once"),
            (r#"{"id":"\u0000"}"#, "a string holds NUL"),
        ] {
            let message = refused(only("item.id"), body);
            assert!(message.starts_with(start), "{body}: {message}");
        }
    }

    #[test]
    fn every_wrong_expression_is_reported_at_once() {
        let errors = Mapping::new(Settings {
            source: "a:b".into(),
            ..settings(Expressions {
                items: Some("body.alerts[".into()),
                event_id: "id".into(),
                severity: Some("item.x.matches('(a+)+$')".into()),
                summary: Some("(".repeat(900)),
                description: Some(" ".repeat(2_000)),
                ..Expressions::default()
            })
        })
        .unwrap_err();
        let fields: Vec<&str> = errors.iter().map(|error| error.field).collect();
        let expected = [
            "source",
            "items",
            "event_id",
            "severity",
            "summary",
            "description",
        ];
        assert_eq!(fields, expected);
    }

    #[test]
    fn what_goes_wrong_at_run_time_is_a_complaint() {
        let body = r#"{"id":"a","zero":0,"list":[1],"text":"x","max":9223372036854775807,
            "map":{"k":1}}"#;
        for (expression, problem) in [
            ("string(1 / item.zero)", "divides by zero"),
            ("string(1 % item.zero)", "divides by zero"),
            ("string(item.max + 1)", "overflows"),
            (
                "string(int(item.text))",
                "gives a function what it cannot take",
            ),
            (
                "item.text.substring(5)",
                "gives a function what it cannot take",
            ),
            (
                "item.text + 1",
                "applies something to a value of the wrong type",
            ),
            (
                "item.text.a",
                "applies something to a value of the wrong type",
            ),
            (
                "item.map.exists(k, true) ? 'a' : 'b'",
                "applies something to a value of the wrong type",
            ),
            ("item.list[7]", "yields nothing"),
            ("item.nothing.at.all", "yields nothing"),
            ("null", "yields nothing"),
            ("' '", "yields nothing"),
            ("item.list", "yields no text"),
            ("true", "yields no text"),
            ("1.5", "yields no text"),
        ] {
            let mut settings = only("item.id");
            settings.expressions.summary = Some(expression.into());
            let mapped = read_one(settings, body);
            let expected = [format!("items[0].summary {problem}")];
            assert_eq!(shown(&mapped.complaints), expected, "{expression}");
            assert_eq!(mapped.event.summary, "acme:a");
        }
    }

    /// Loops within loops over the longest list that fits into a body.
    #[test]
    fn evil_loops_run_out_of_work_and_not_of_time() {
        let body = format!(r#"{{"id":"a","l":[{}0]}}"#, "0,".repeat(400_000));
        let inner = "item.l.all(x, item.l.all(y, item.l.all(z, x == y && y == z)))";
        let mut settings = only("item.id");
        settings.expressions.skip = Some(inner.into());
        settings.expressions.summary = Some("item.l.exists(x, x == 1) ? 'one' : 'none'".into());
        let mapping = Mapping::new(settings.clone()).unwrap();
        let entries = mapping.read(body.as_bytes(), now()).unwrap();
        let complaint = entries[0].as_ref().unwrap_err();
        assert_eq!(
            complaint.to_string(),
            "items[0].event_id takes too much work"
        );

        settings.expressions.skip = None;
        let mapped = read_one(settings, &body);
        assert_eq!(mapped.event.summary, "none", "one loop over it is fine");
    }

    /// Every item looks at the same long text, thirty times over.
    #[test]
    fn evil_texts_run_out_of_work_and_not_of_memory() {
        let items = "1,".repeat(ITEMS_MAX - 1);
        let body = format!(r#"{{"t":"{}","l":[{items}1]}}"#, "x".repeat(900_000));
        let mut settings = only("string(item)");
        settings.expressions.items = Some("body.l".into());
        settings.expressions.summary = Some(format!("body.t{}", " + body.t".repeat(29)));
        let entries = read(settings, &body);
        assert_eq!(entries.len(), ITEMS_MAX);
        let summary = &entries[0].as_ref().unwrap().event.summary;
        assert!(summary.ends_with('…') && summary.chars().count() == 1_024);
        let last = entries[ITEMS_MAX - 1].as_ref().unwrap_err();
        assert_eq!(last.problem, "takes too much work");
    }

    /// Every item trips over the same huge list, which the error would copy.
    #[test]
    fn evil_errors_run_out_of_work_too() {
        let body = format!(
            r#"{{"big":[{}1],"l":[{}1]}}"#,
            "[],".repeat(340_000),
            "1,".repeat(ITEMS_MAX - 1)
        );
        let mut settings = only("string(item)");
        settings.expressions.items = Some("body.l".into());
        settings.expressions.summary = Some("body.big + 1".into());
        let mapping = Mapping::new(settings).unwrap();
        let entries = mapping.read(body.as_bytes(), now()).unwrap();
        let problems: Vec<&str> = entries
            .iter()
            .map(|entry| match entry {
                Ok(mapped) => mapped.complaints[0].problem,
                Err(complaint) => complaint.problem,
            })
            .collect();
        let wrong = "applies something to a value of the wrong type";
        assert_eq!(problems[0], wrong);
        assert_eq!(problems[ITEMS_MAX - 1], "takes too much work");
    }

    /// The largest honest batch: a thousand items of a kilobyte, every field asked for.
    #[test]
    fn a_full_batch_is_read_to_its_end() {
        let items: Vec<String> = (0..ITEMS_MAX)
            .map(|id| {
                let text = "ö".repeat(450);
                format!(r#"{{"id":{id},"sev":"critical","t":"{text}","at":1772442000}}"#)
            })
            .collect();
        let body = format!(r#"{{"account":"a","events":[{}]}}"#, items.join(","));
        let mapping = Mapping::new(settings(Expressions {
            items: Some("body.events".into()),
            skip: Some("has(item.test) && item.test == true".into()),
            event_id: "item.id".into(),
            kind: Some("item.sev == 'none' ? 'payment' : 'incident'".into()),
            severity: Some("item.sev".into()),
            summary: Some("body.account + ': ' + item.t".into()),
            description: Some("item.t".into()),
            started_at: Some("item.at".into()),
            updated_at: Some("item.at".into()),
            resolved_at: Some("item.sev == 'info'".into()),
            status: Some("item.sev".into()),
            component: Some("has(item.c) ? item.c : null".into()),
            livemode: Some("true".into()),
        }))
        .unwrap();
        let entries = mapping.read(body.as_bytes(), now()).unwrap();
        assert_eq!(entries.len(), ITEMS_MAX);
        assert!(
            entries
                .iter()
                .flatten()
                .all(|mapped| mapped.complaints.is_empty())
        );
        assert!(entries.iter().all(Result::is_ok));
    }

    #[test]
    fn a_mapping_can_be_shared_and_shows_in_debug() {
        fn shared<T: Send + Sync>(_: &T) {}
        let mapping = Mapping::new(incidents()).unwrap();
        shared(&mapping);
        assert!(format!("{mapping:?}").contains("item.incident.key"));
    }

    #[test]
    fn a_format_gives_hints_or_items() {
        let page = Format::Statuspage {
            source: "acme_status".into(),
        };
        for (name, about, subject, status) in [
            (
                "page_incident_hint",
                About::Incident,
                "acmeincident1",
                "investigating",
            ),
            (
                "page_component_hint",
                About::Component,
                "acmecheckout1",
                "partial_outage",
            ),
        ] {
            let Ok(Reading::Hint(hint)) = page.read(fixture(name).as_bytes(), now()) else {
                panic!("{name} is a hint");
            };
            assert_eq!((hint.about, &*hint.vendor_status), (about, status));
            assert_eq!(hint.subject, format!("acme_status:{subject}"));
            assert_eq!(hint.page_id.as_deref(), Some("acmepage0001"));
            assert!(!format!("{hint:?}").contains("fixture-token"));
        }
        let json = Format::Json(Box::new(Mapping::new(alerts()).unwrap()));
        let items = json.read(fixture("alerts_batch").as_bytes(), now());
        assert!(matches!(items, Ok(Reading::Items(entries)) if entries.len() == 4));
    }

    /// Expressions that touch everything they can reach.
    const EAGER: &[&str] = &[
        "item.id",
        "item.a.b[0]['c']",
        "item.a == body.a || item.a < item.b",
        "item.a + item.b - item.c * item.d / item.e % item.f",
        "string(item.a) + string(size(item.b)) + item.c.trim()",
        "item.l.filter(x, x.a == item.a)[0].b",
        "item.l.all(x, x in item.l) && !item.a",
        "has(item.a.b) ? item.a.b : -item.a",
        "double(item.a) > 1.0 ? uint(item.a) : int(item.b)",
    ];

    fn json() -> impl Strategy<Value = String> {
        let leaf = prop_oneof![
            Just("null".to_owned()),
            Just("true".to_owned()),
            "-?(0|[1-9][0-9]{0,22})(\\.[0-9]{1,20})?([eE]-?[0-9]{1,3})?",
            "\"[a-zA-Z0-9 :/é\\-]{0,12}\"",
        ];
        leaf.prop_recursive(4, 40, 6, |inner| {
            let member = ("(id|l|[a-f])", inner.clone());
            prop_oneof![
                prop::collection::vec(inner, 0..5).prop_map(|list| format!("[{}]", list.join(","))),
                prop::collection::btree_map(member.0, member.1, 0..6).prop_map(|map| {
                    let members = map.iter().map(|(key, value)| format!("\"{key}\":{value}"));
                    format!("{{{}}}", members.collect::<Vec<_>>().join(", "))
                }),
            ]
        })
    }

    proptest! {
        #[test]
        fn never_panics_on_any_document(
            body in json(),
            picks in prop::collection::vec(prop::sample::select(EAGER), 12),
        ) {
            let mut picks = picks.into_iter();
            let mut pick = || picks.next().map(str::to_owned);
            let mapping = Mapping::new(settings(Expressions {
                items: None,
                event_id: "item.id".into(),
                skip: pick(),
                kind: pick(),
                severity: pick(),
                summary: pick(),
                description: pick(),
                started_at: pick(),
                resolved_at: pick(),
                updated_at: pick(),
                status: pick(),
                component: pick(),
                livemode: pick(),
            }))
            .unwrap();
            for entry in mapping.read(body.as_bytes(), now()).unwrap().iter().flatten() {
                prop_assert_eq!(entry.event.raw.as_str(), &body);
                prop_assert!(Some(entry.event.started_at) <= entry.event.resolved_at
                    || entry.event.resolved_at.is_none());
            }
        }

        #[test]
        fn never_panics_on_any_bytes(body in prop::collection::vec(any::<u8>(), 0..300)) {
            let mapping = Mapping::new(only("item.id")).unwrap();
            let _ = mapping.read(&body, now());
        }

        #[test]
        fn never_panics_on_mangled_batches(at in 0_usize..1_100, byte in any::<u8>()) {
            let mut body = fixture("alerts_batch").into_bytes();
            if let Some(slot) = body.get_mut(at) {
                *slot = byte;
            }
            let _ = Mapping::new(alerts()).unwrap().read(&body, now());
        }
    }
}
