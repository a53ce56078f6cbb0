use super::*;

fn settings() -> MailSettings {
    MailSettings {
        host: "mail.example.com".to_owned(),
        port: 587,
        tls: Tls::StartTls,
        user: "deskbridge".to_owned(),
        password: Some("quince".to_owned().into()),
        from: "Deskbridge <deskbridge@example.com>".to_owned(),
        to: vec!["ada@example.com".to_owned()],
    }
}

fn said(change: impl FnOnce(&mut MailSettings)) -> String {
    let mut settings = settings();
    change(&mut settings);
    Mailer::new(&settings).unwrap_err().to_string()
}

#[test]
fn a_setting_that_cannot_work_is_named() {
    assert!(said(|settings| settings.host.clear()).contains("alerts.mail.host"));
    assert!(said(|settings| settings.from = "nobody".to_owned()).contains("alerts.mail.from"));
    assert!(said(|settings| settings.to.clear()).contains("alerts.mail.to"));
    assert!(said(|settings| settings.to[0] = "a b".to_owned()).contains("alerts.mail.to"));
    let many = vec!["ada@example.com".to_owned(); MOST_RECIPIENTS + 1];
    assert!(said(|settings| settings.to = many).contains("from 1 to 50"));
}

#[test]
fn no_password_travels_without_tls_except_to_this_machine() {
    assert!(said(|settings| settings.tls = Tls::None).contains("readable for everybody"));
    let here = MailSettings {
        tls: Tls::None,
        host: "127.0.0.1".to_owned(),
        ..settings()
    };
    Mailer::new(&here).unwrap();
}

#[test]
fn a_title_cannot_add_headers() {
    let letter = Letter {
        id: "a1",
        at: Timestamp::UNIX_EPOCH,
        subject: "people\r\nBcc: eve@example.com",
        text: "failed",
    };
    let message = Mailer::new(&settings()).unwrap().message(&letter).unwrap();
    let text = String::from_utf8(message.formatted()).unwrap();
    assert!(!text.contains("\nBcc"), "{text}");
    assert!(text.contains("Message-ID: <a1@example.com>"), "{text}");
    assert!(text.contains("Date: Thu, 01 Jan 1970"), "{text}");
}

#[test]
fn a_password_never_shows_in_what_is_logged() {
    let shown = format!("{:?} {:?}", settings(), Mailer::new(&settings()));
    assert!(!shown.contains("quince"), "{shown}");
}
