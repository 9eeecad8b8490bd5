use crate::error::AppError;
use leptos::prelude::*;

/// Takes an item out of the cart and gives its seat back.
#[server(endpoint = "checkout/remove_item")]
pub async fn remove_item(#[server(default)] item: String) -> Result<(), AppError> {
    use crate::server::http::respond;
    let cx = crate::server::request();
    cx.candidate()?;
    let item = item.parse().map_err(|_| AppError::NotFound)?;
    super::service::remove_item(&cx, item).await?;
    respond::redirect("/cart");
    Ok(())
}

/// Places the order for what was reviewed and sends the candidate to the payment page. `purchase`: the key of the intent.
#[server(endpoint = "checkout/pay")]
pub async fn pay(#[server(default)] purchase: String, #[server(default)] reviewed: String) -> Result<(), AppError> {
    use super::service::{self, Next};
    use crate::server::http::respond;
    let cx = crate::server::request();
    cx.candidate()?;
    let purchase = purchase.parse().map_err(|_| AppError::NotFound)?;
    match service::pay(&cx, purchase, &reviewed).await? {
        Next::Gateway(url) => respond::redirect(&url),
        Next::Confirmation(number) => respond::redirect(&format!("/checkout/confirmation/{number}")),
    }
    Ok(())
}

/// Puts an order that is not paid back into the cart, to be changed.
#[server(endpoint = "checkout/reopen_order")]
pub async fn reopen_order(#[server(default)] number: String) -> Result<(), AppError> {
    use crate::server::http::respond;
    let cx = crate::server::request();
    cx.candidate()?;
    super::service::reopen(&cx, &number).await?;
    respond::redirect("/cart");
    Ok(())
}
