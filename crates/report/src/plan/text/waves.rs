//! The waves: when, how many accounts, how much to spare, what stops if they fail.

use std::io;

use super::page::Page;
use crate::plan::words;
use crate::text::counted;
use cutover_model::escape;
use cutover_model::result::plan::Plan;

/// Waves that are listed.
const MAX_LISTED: usize = 20;
/// Accounts named in a wave.
const MAX_NAMED: usize = 5;

pub(super) fn write(plan: &Plan, page: &mut Page<'_>) -> io::Result<()> {
    if plan.waves.is_empty() {
        return Ok(());
    }
    page.heading("Waves")?;
    let most = if page.style.verbose { usize::MAX } else { MAX_NAMED };
    page.list(2, &plan.waves, MAX_LISTED, |page, wave| {
        let (days, accounts) = (words::period(wave.from, wave.to), counted(wave.accounts.len(), "account"));
        let slack = words::slack(wave.slack_days);
        let slack = match wave.slack_days {
            Some(days) if days < 0 => page.paint.alarm(&slack),
            _ => slack,
        };
        let radius = words::blast_radius(wave.blast_radius);
        let text = format!("{days:24}  {accounts}; {slack}; blast radius: {radius}");
        page.item(2, &format!("{:>2}", wave.number), &text)?;
        page.text(5, &page.paint.dim(&words::some_names(&wave.accounts, most, escape::name)))
    })
}
