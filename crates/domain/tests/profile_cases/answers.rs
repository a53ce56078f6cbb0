//! Cases about answers of Zendesk: group H, and J11.

use domain::profile::RowState;
use domain::profile::action::{ActionKind, ConflictChoice, Trouble};
use domain::profile::answer::{
    Answer, Auth, Call, Judgement, Scope, Situation, judge, judge_silence,
};
use domain::profile::failure::{FailureClass, Retry};
use serde_json::{Value, json};

use crate::Case;

const BULK: Situation = Situation {
    call: Call::Bulk,
    auth: Auth::ApiToken,
    single_works: None,
};

const SINGLE: Situation = Situation {
    call: Call::Single,
    ..BULK
};

/// What the answer of a case means.
fn judged(answer: &Value, situation: Situation) -> Judgement {
    let body = match &answer["body"] {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
            answer["body"].to_string()
        }
    };
    let status = answer["status"].as_u64().expect("a status");
    judge(
        &Answer {
            status: u16::try_from(status).expect("a status"),
            content_type: answer["content_type"].as_str(),
            retry_after: answer["retry_after"].as_str(),
            body: body.as_bytes(),
        },
        situation,
    )
}

pub(crate) fn wait(case: &Case) {
    let Judgement::Wait {
        seconds,
        scope,
        rows,
    } = judged(&case.given["answer"], SINGLE)
    else {
        panic!("{} does not wait", case.id)
    };
    let least = case.wanted["wait_s_at_least"].as_u64().expect("seconds");
    assert!(
        seconds.is_some_and(|seconds| seconds >= least),
        "{}",
        case.id
    );
    if let Some(wanted) = case.wanted["scope"].as_str() {
        assert_eq!(scope.as_str(), wanted, "{}", case.id);
    }
    assert_eq!(rows, RowState::Pending, "{}", case.id);
}

pub(crate) fn too_many_jobs(case: &Case) {
    let judgement = judged(&case.given["answer"], BULK);
    let Judgement::Wait { scope, rows, .. } = judgement else {
        panic!("{} does not wait: {judgement:?}", case.id)
    };
    // No row failed, and the window of jobs is told to shrink.
    assert_eq!((scope, rows), (Scope::Jobs, RowState::Pending));
    assert_eq!(case.wanted["rows_failed"], 0);
}

pub(crate) fn refused(case: &Case) {
    let Judgement::Failed(failure) = judged(&case.given["answer"], SINGLE) else {
        panic!("{} does not fail", case.id)
    };
    let row = &case.wanted["row"];
    assert_eq!(
        Some(failure.class),
        row["class"].as_str().and_then(FailureClass::parse)
    );
    assert_eq!(
        Some(failure.retry()),
        row["retry"].as_str().and_then(Retry::parse)
    );
    if let Some(field) = row.get("field") {
        assert_eq!(failure.field.as_deref(), field.as_str(), "{}", case.id);
    }
    if let Some(shown) = case.wanted["action"]["shows"].as_array() {
        let choices: Vec<String> = ConflictChoice::ALL
            .iter()
            .map(|choice| choice.as_str().replace('_', " "))
            .collect();
        for word in shown.iter().filter_map(Value::as_str) {
            assert!(
                word == "both users" || choices.iter().any(|choice| choice == word),
                "{word} is not offered"
            );
        }
    }
}

pub(crate) fn stopped(case: &Case) {
    let probe = case.given["probe"]["users_me"].as_u64();
    let situation = Situation {
        single_works: probe.map(|status| status < 400),
        ..BULK
    };
    let Judgement::Stop(trouble) = judged(&case.given["answer"], situation) else {
        panic!("{} goes on", case.id)
    };
    let class = case.wanted["run"]["class"]
        .as_str()
        .and_then(Trouble::parse);
    assert_eq!(Some(trouble), class, "{}", case.id);
    for offer in case.wanted["action"]["offers"]
        .as_array()
        .into_iter()
        .flatten()
    {
        let kind = offer
            .as_str()
            .and_then(ActionKind::parse)
            .expect("an action");
        assert!(
            trouble.actions().iter().any(|action| action.kind == kind),
            "{}: {kind} is not offered",
            case.id
        );
    }
}

pub(crate) fn renewed(case: &Case) {
    let situation = Situation {
        auth: Auth::OAuth { renewed: false },
        ..BULK
    };
    assert_eq!(
        judged(&case.given["answer"], situation),
        Judgement::RenewToken
    );
}

pub(crate) fn renewed_once(case: &Case) {
    let answers = case.given["answers"].as_array().expect("answers");
    let judgements: Vec<Judgement> = answers
        .iter()
        .zip([false, true])
        .map(|(status, renewed)| {
            let auth = Auth::OAuth { renewed };
            judged(&json!({"status": status}), Situation { auth, ..BULK })
        })
        .collect();
    assert_eq!(
        judgements,
        [
            Judgement::RenewToken,
            Judgement::Stop(Trouble::InvalidCredentials)
        ]
    );
    assert_eq!(
        case.wanted["run"]["class"],
        Trouble::InvalidCredentials.as_str()
    );
}

pub(crate) fn silence(case: &Case) {
    assert_eq!(case.wanted["row"]["state"], RowState::Unknown.as_str());
    assert_eq!(judge_silence(), Judgement::Again);
}

pub(crate) fn page(case: &Case) {
    let judgement = judged(&case.given["answer"], BULK);
    assert_eq!(judgement, Judgement::Stop(Trouble::NotZendesk));
    assert_eq!(case.wanted["run"]["class"], Trouble::NotZendesk.as_str());
    assert_eq!(judgement.rows(), Some(RowState::Unknown));
    assert_eq!(case.wanted["row"]["state"], RowState::Unknown.as_str());
}
