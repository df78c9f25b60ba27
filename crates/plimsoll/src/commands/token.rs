//! `plimsoll token`.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    process::ExitCode,
};

use jiff::{SignedDuration, Timestamp};
use plimsoll_model::{Scope, Token, config::Seconds, near, near_text};
use plimsoll_store::{Tokens, Workspace};

use crate::output::{CommandError, Outcome, print, print_json};

/// Makes, lists and revokes the tokens by which callers of the API show who they are
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Makes a token and prints its secret, which cannot be had again
    Create(Create),
    /// Lists the tokens without their secrets
    List(List),
    /// Forgets a token; a running service refuses it from then on
    Revoke(Revoke),
}

#[derive(Debug, clap::Args)]
struct Create {
    /// Name by which it is listed and revoked
    name: String,
    /// The only project that it reaches [default: all]
    #[arg(long)]
    project: Option<String>,
    /// What it allows: `ingest` sends rows, `read` reads, `write` runs jobs, recomputes, manages tokens and reads
    #[arg(long, value_delimiter = ',', required = true, value_name = "SCOPE")]
    scope: Vec<Scope>,
    /// How long it holds, such as 90d [default: for ever]
    #[arg(long, value_name = "LENGTH")]
    expires: Option<Seconds>,
    /// Directory of the workspace
    #[arg(long, default_value = "workspace")]
    workspace: PathBuf,
}

#[derive(Debug, clap::Args)]
struct List {
    /// Prints JSON
    #[arg(long)]
    json: bool,
    /// Directory of the workspace
    #[arg(long, default_value = "workspace")]
    workspace: PathBuf,
}

#[derive(Debug, clap::Args)]
struct Revoke {
    /// Name of the token
    name: String,
    /// Directory of the workspace
    #[arg(long, default_value = "workspace")]
    workspace: PathBuf,
}

/// Runs the command.
pub fn run(args: Args) -> Outcome {
    match args.action {
        Action::Create(args) => create(args),
        Action::List(args) => list(&args),
        Action::Revoke(args) => {
            Tokens::of(&args.workspace).revoke(&args.name)?;
            eprintln!("revoked `{}`", args.name);
            Ok(ExitCode::SUCCESS)
        }
    }
}

fn create(args: Create) -> Outcome {
    if let Some(project) = &args.project {
        warn_of_unknown(project, &args.workspace);
    }
    let created_at = Timestamp::now();
    let end = args
        .expires
        .map(|length| created_at.checked_add(SignedDuration::from_secs(length.0)));
    let token = Token {
        name: args.name,
        project: args.project,
        scopes: args.scope.into_iter().collect::<BTreeSet<_>>(),
        created_at,
        expires_at: end
            .transpose()
            .map_err(|e| CommandError::Message(format!("`--expires`: {e}")))?,
    };
    let tokens = Tokens::of(&args.workspace);
    let is_first = !tokens.are_kept()?;
    let secret = tokens.create(&token)?;
    print(&format!("{secret}\n"));
    eprintln!(
        "keep it: it is not shown again; revoke it with `plimsoll token revoke {}`",
        token.name
    );
    if is_first {
        eprintln!("from now on a service of this workspace asks for a token");
    }
    Ok(ExitCode::SUCCESS)
}

/// A project may come later, but more often its name is misspelt.
fn warn_of_unknown(project: &str, workspace: &Path) {
    let known = Workspace::open(workspace)
        .and_then(|w| w.projects())
        .unwrap_or_default();
    if !known.iter().any(|id| id == project) {
        let near = near(project, known.iter().map(String::as_str));
        eprintln!("warning: there is no project `{project}` yet{}", near_text(&near));
    }
}

fn list(args: &List) -> Outcome {
    let tokens = Tokens::of(&args.workspace).list()?;
    if args.json {
        print_json(&tokens)?;
        return Ok(ExitCode::SUCCESS);
    }
    if tokens.is_empty() {
        eprintln!("no tokens; `plimsoll token create` makes one");
        return Ok(ExitCode::SUCCESS);
    }
    let now = Timestamp::now();
    let head = ["NAME", "PROJECT", "SCOPES", "CREATED", "EXPIRES"].map(ToOwned::to_owned);
    let row = |token: &Token| {
        let day = |at: Timestamp| at.strftime("%Y-%m-%d").to_string();
        let scopes: Vec<&str> = token.scopes.iter().map(|scope| scope.as_str()).collect();
        let expires = match token.expires_at {
            None => "never".to_owned(),
            Some(at) if at <= now => format!("{} (expired)", day(at)),
            Some(at) => day(at),
        };
        let project = token.project.clone().unwrap_or_else(|| "(all)".to_owned());
        [
            token.name.clone(),
            project,
            scopes.join(","),
            day(token.created_at),
            expires,
        ]
    };
    let rows: Vec<[String; 5]> = std::iter::once(head).chain(tokens.iter().map(row)).collect();
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: [usize; 5] = std::array::from_fn(width);
    for row in &rows {
        let cells = row.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}"));
        let line = cells.collect::<Vec<_>>().join("  ");
        print(&format!("{}\n", line.trim_end()));
    }
    Ok(ExitCode::SUCCESS)
}
