use super::*;

#[test]
fn every_trouble_can_be_resolved_retried_and_restarted() {
    for trouble in Trouble::ALL {
        let kinds: Vec<ActionKind> = trouble.actions().iter().map(|action| action.kind).collect();
        for kind in [ActionKind::Resolve, ActionKind::Retry, ActionKind::Restart] {
            assert!(kinds.contains(&kind), "{trouble} offers no {kind}");
        }
    }
}

#[test]
fn every_action_ends_with_a_click_on_resolve() {
    for trouble in Trouble::ALL {
        for action in trouble.actions() {
            let last = action.steps.last().unwrap_or_else(|| panic!("{trouble}"));
            assert!(last.text.contains("click Resolve") || last.text.starts_with("Click Resolve"));
        }
    }
}

#[test]
fn every_text_is_whole_sentences() {
    for trouble in Trouble::ALL {
        let mut texts = vec![trouble.sentence()];
        texts.extend(trouble.reasons());
        for action in trouble.actions() {
            texts.extend(action.steps.iter().map(|step| step.text));
            texts.extend(action.tip);
        }
        for text in texts {
            assert!(text.ends_with('.') && !text.contains("  "), "{text}");
        }
        assert!(!trouble.reasons().is_empty(), "{trouble}");
    }
}

#[test]
fn only_a_missing_file_can_be_ignored() {
    for trouble in Trouble::ALL {
        let ignores = trouble
            .actions()
            .iter()
            .any(|action| action.kind == ActionKind::Ignore);
        assert_eq!(ignores, *trouble == Trouble::SourceMissing, "{trouble}");
    }
}

#[test]
fn an_authorization_error_shows_the_credential_string_with_the_token_masked() {
    assert!(Trouble::Authorization.shows_credential());
    assert_eq!(CREDENTIAL_FORM, "{email_address}/token:{api_token}");
    assert_eq!(
        credential_string("agent@example.com"),
        "agent@example.com/token:••••••••"
    );
}

#[test]
fn bulk_off_offers_to_send_one_by_one() {
    assert!(
        Trouble::BulkOff
            .actions()
            .iter()
            .any(|action| action.kind == ActionKind::OneByOne)
    );
}
