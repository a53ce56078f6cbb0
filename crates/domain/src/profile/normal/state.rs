//! The states of the United States and the provinces of Canada.

/// Two letters and the name, sorted by the letters. With the capital, the territories and the armed
/// forces abroad, which are states to the post.
const STATES: &[(&str, &str)] = &[
    ("AA", "Armed Forces Americas"),
    ("AB", "Alberta"),
    ("AE", "Armed Forces Europe"),
    ("AK", "Alaska"),
    ("AL", "Alabama"),
    ("AP", "Armed Forces Pacific"),
    ("AR", "Arkansas"),
    ("AS", "American Samoa"),
    ("AZ", "Arizona"),
    ("BC", "British Columbia"),
    ("CA", "California"),
    ("CO", "Colorado"),
    ("CT", "Connecticut"),
    ("DC", "District of Columbia"),
    ("DE", "Delaware"),
    ("FL", "Florida"),
    ("GA", "Georgia"),
    ("GU", "Guam"),
    ("HI", "Hawaii"),
    ("IA", "Iowa"),
    ("ID", "Idaho"),
    ("IL", "Illinois"),
    ("IN", "Indiana"),
    ("KS", "Kansas"),
    ("KY", "Kentucky"),
    ("LA", "Louisiana"),
    ("MA", "Massachusetts"),
    ("MB", "Manitoba"),
    ("MD", "Maryland"),
    ("ME", "Maine"),
    ("MI", "Michigan"),
    ("MN", "Minnesota"),
    ("MO", "Missouri"),
    ("MP", "Northern Mariana Islands"),
    ("MS", "Mississippi"),
    ("MT", "Montana"),
    ("NB", "New Brunswick"),
    ("NC", "North Carolina"),
    ("ND", "North Dakota"),
    ("NE", "Nebraska"),
    ("NH", "New Hampshire"),
    ("NJ", "New Jersey"),
    ("NL", "Newfoundland and Labrador"),
    ("NM", "New Mexico"),
    ("NS", "Nova Scotia"),
    ("NT", "Northwest Territories"),
    ("NU", "Nunavut"),
    ("NV", "Nevada"),
    ("NY", "New York"),
    ("OH", "Ohio"),
    ("OK", "Oklahoma"),
    ("ON", "Ontario"),
    ("OR", "Oregon"),
    ("PA", "Pennsylvania"),
    ("PE", "Prince Edward Island"),
    ("PR", "Puerto Rico"),
    ("QC", "Quebec"),
    ("RI", "Rhode Island"),
    ("SC", "South Carolina"),
    ("SD", "South Dakota"),
    ("SK", "Saskatchewan"),
    ("TN", "Tennessee"),
    ("TX", "Texas"),
    ("UT", "Utah"),
    ("VA", "Virginia"),
    ("VI", "Virgin Islands"),
    ("VT", "Vermont"),
    ("WA", "Washington"),
    ("WI", "Wisconsin"),
    ("WV", "West Virginia"),
    ("WY", "Wyoming"),
    ("YT", "Yukon"),
];

/// Other names that people write.
const ALSO: &[(&str, &str)] = &[
    ("DC", "Washington DC"),
    ("DC", "Washington, DC"),
    ("NL", "Newfoundland"),
    ("NL", "Newfoundland & Labrador"),
    ("QC", "Québec"),
    ("VI", "U.S. Virgin Islands"),
    ("VI", "US Virgin Islands"),
    ("YT", "Yukon Territory"),
];

/// The two letters for a state or province by its letters (`or`, `N.Y.`) or name (`oregon`).
pub(super) fn code(value: &str) -> Option<&'static str> {
    by_letters(value).or_else(|| by_name(value))
}

/// By two letters, with dots or without.
fn by_letters(value: &str) -> Option<&'static str> {
    let mut letters = value.bytes().filter(|byte| *byte != b'.');
    let two = [letters.next()?, letters.next()?].map(|byte| byte.to_ascii_uppercase());
    if letters.next().is_some() {
        return None;
    }
    STATES
        .binary_search_by(|(code, _)| code.as_bytes().cmp(&two[..]))
        .ok()
        .and_then(|place| STATES.get(place))
        .map(|(code, _)| *code)
}

/// By the name, whatever its case and however many blanks are in it.
fn by_name(value: &str) -> Option<&'static str> {
    let all = || STATES.iter().chain(ALSO);
    // Nearly every name is written plainly; only what is not found so is taken apart into words.
    all()
        .find(|(_, name)| name.eq_ignore_ascii_case(value))
        .or_else(|| all().find(|(_, name)| is_name(value, name)))
        .map(|(code, _)| *code)
}

/// Whether both are the same words, whatever their case.
fn is_name(value: &str, name: &str) -> bool {
    let mut words = value.split_whitespace();
    name.split(' ').all(|word| {
        words.next().is_some_and(|other| {
            word.len() == other.len()
                && word
                    .chars()
                    .flat_map(char::to_lowercase)
                    .eq(other.chars().flat_map(char::to_lowercase))
        })
    }) && words.next().is_none()
}
