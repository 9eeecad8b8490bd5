use crate::results::csv_file::{FILE_LIMIT, ROW_LIMIT};
use crate::results::routes::{FILE, UPLOAD};
use crate::server::request;
use crate::tr;
use crate::ui::{BackLink, CurrentForm, ErrorSummary, FileField, Icon, PageTitle, Table};
use leptos::prelude::*;

/// `/staff/results/import`: a partner's file comes in.
#[component]
pub fn UploadPage() -> impl IntoView {
    let locale = request().locale;
    provide_context(CurrentForm(UPLOAD.to_owned()));
    let hint = tr!(locale, results.upload_hint, megabytes = FILE_LIMIT / 1024 / 1024, rows = ROW_LIMIT).to_string();
    let columns = [
        ("appointment_reference", tr!(locale, results.explain_reference), "NLX7K2M9QX"),
        ("candidate_id", tr!(locale, results.explain_candidate), "CP7K2M9QXW"),
        ("exam_code", tr!(locale, results.explain_exam), "SAA-C03"),
        ("taken_at", tr!(locale, results.explain_taken), "2026-12-03T16:10:00+01:00"),
        ("raw_score", tr!(locale, results.explain_raw), "41"),
        ("scaled_score", tr!(locale, results.explain_scaled), "782"),
        ("domain_1 … domain_n", tr!(locale, results.explain_domains), "80"),
    ];
    view! {
        <PageTitle text=tr!(locale, results.upload_title)/>
        <BackLink href="/staff/results" label=tr!(locale, results.back_to_imports)/>
        <ErrorSummary/>
        <h1>{tr!(locale, results.upload_title)}</h1>
        <p class="lead">{tr!(locale, results.upload_lead)}</p>
        <form class="form" method="post" enctype="multipart/form-data" novalidate>
            <FileField name=FILE label=tr!(locale, results.upload_file) hint=hint accept=".csv,text/csv"/>
            <div class="actions">
                <button class="btn btn--primary"><Icon name="upload"/>{tr!(locale, results.upload_button)}</button>
                <a class="btn" href="/staff/results/example.csv" rel="external" download>
                    <Icon name="download"/>
                    {tr!(locale, results.upload_example)}
                </a>
            </div>
        </form>
        <section class="section">
            <h2>{tr!(locale, results.columns_title)}</h2>
            <p>{tr!(locale, results.columns_text)}</p>
            <Table
                caption=tr!(locale, results.columns_caption)
                dense=true
                columns=vec![
                    (tr!(locale, results.column_column).to_owned(), false),
                    (tr!(locale, results.column_meaning).to_owned(), false),
                    (tr!(locale, results.column_example).to_owned(), false),
                ]
            >
                {columns
                    .map(|(name, meaning, example)| {
                        view! {
                            <tr role="row">
                                <th scope="row" role="rowheader"><code>{name}</code></th>
                                <td role="cell">{meaning}</td>
                                <td role="cell" data-label=tr!(locale, results.column_example)><code>{example}</code></td>
                            </tr>
                        }
                    })
                    .collect_view()}
            </Table>
        </section>
    }
}
