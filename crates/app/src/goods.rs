//! Goods: made, edited, submitted to their audit and decided; what holds for all goods of an app.

use std::time::Duration;

use kaibo_domain::goods::{
    self, Decision, Goods, GoodsDraft, GoodsField, GoodsRefusal, GoodsRule, GoodsRules, MAX_PIXELS,
    Origin, Picture,
};
use kaibo_domain::id::{AppId, AuditId, GoodsId};
use kaibo_store::{GoodsQuery, GoodsSetting, MadeGoods, NewGoods, SavedGoods, Submissions};
use tokio_util::sync::CancellationToken;

use crate::settings::ReviewProvider;
use crate::{Error, Kaibo, Result};

/// Most pages that an app may name, and the longest of them in bytes.
const MAX_PAGES: (usize, usize) = (1_000, 256);
/// Longest sleep of the review, so that goods made by a clock that was set forward are noticed.
const LONGEST: Duration = Duration::from_secs(30);
const BATCH: i64 = 64;

/// What is to become of goods that are saved.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Submitting {
    Yes,
    No,
}

impl Kaibo {
    /// Makes goods; `draft.cover` is a media id or an address. WeChat's API submits at once, the
    /// console when its people say so.
    pub async fn add_goods(
        &self,
        app_id: &AppId,
        draft: GoodsDraft,
        door: Origin,
        submit: bool,
    ) -> Result<Goods> {
        let draft = self.checked_goods(app_id, draft, None).await?;
        let limits = self.settings().limits;
        let new = NewGoods {
            app_id,
            draft: &draft,
            origin: door,
            submission: submit.then(|| self.submissions()),
            per_app: limits.goods,
        };
        match self.store().create_goods(new, self.now()).await? {
            MadeGoods::Made(goods) if submit => self.handed_over(*goods, true).await,
            MadeGoods::Made(goods) => Ok(*goods),
            MadeGoods::LibraryFull => Err(GoodsRefusal::LibraryFull(limits.goods).into()),
            MadeGoods::NoSubmissionLeft => Err(self.no_submission_left()),
        }
    }

    /// Changes goods; rooms that show them learn of it.
    pub async fn edit_goods(
        &self,
        app_id: &AppId,
        id: GoodsId,
        draft: GoodsDraft,
        door: Origin,
    ) -> Result<Goods> {
        let before = self.goods(app_id, id).await?;
        if before.origin != door {
            return Err(GoodsRefusal::MadeElsewhere(before.origin).into());
        }
        let draft = self.checked_goods(app_id, draft, Some(&before)).await?;
        let edit = |goods: &Goods| goods::edit(goods, door, draft.clone());
        self.change_goods(app_id, id, Submitting::No, edit).await
    }

    /// Submits goods to their audit.
    pub async fn submit_goods(&self, app_id: &AppId, id: GoodsId, door: Origin) -> Result<Goods> {
        self.refuse_without_goods(app_id).await?;
        let now = self.now();
        let submit = |goods: &Goods| goods::submit(goods, door, now);
        let submitted = self.change_goods(app_id, id, Submitting::Yes, submit);
        self.handed_over(submitted.await?, false).await
    }

    /// What becomes of goods that were just submitted.
    async fn handed_over(&self, goods: Goods, made: bool) -> Result<Goods> {
        match self.settings().review {
            ReviewProvider::Webhook => self.hand_to_reviewer(goods, made).await,
            ReviewProvider::Auto | ReviewProvider::Manual => Ok(goods),
        }
    }

    /// Takes a submission back; `None`: whichever it is.
    pub async fn withdraw_goods(
        &self,
        app_id: &AppId,
        id: GoodsId,
        audit_id: Option<AuditId>,
        door: Origin,
    ) -> Result<Goods> {
        let withdraw = |goods: &Goods| goods::withdraw(goods, door, audit_id);
        self.change_goods(app_id, id, Submitting::No, withdraw)
            .await
    }

    /// Deletes goods; they leave every shelf.
    pub async fn delete_goods(&self, app_id: &AppId, id: GoodsId, door: Origin) -> Result<()> {
        let now = self.now();
        let delete = |goods: &Goods| goods::delete(goods, door, now);
        self.change_goods(app_id, id, Submitting::No, delete)
            .await
            .map(drop)
    }

    /// Decides a submission.
    pub async fn decide_goods(
        &self,
        app_id: &AppId,
        id: GoodsId,
        decision: Decision,
    ) -> Result<Goods> {
        self.decide_submission(app_id, id, None, decision).await
    }

    /// Decides this very submission; `None`: whichever it is.
    pub async fn decide_submission(
        &self,
        app_id: &AppId,
        id: GoodsId,
        audit_id: Option<AuditId>,
        decision: Decision,
    ) -> Result<Goods> {
        let now = self.now();
        let decide =
            |goods: &Goods| goods::decide_submission(goods, audit_id, decision.clone(), now);
        self.change_goods(app_id, id, Submitting::No, decide).await
    }

    /// Goods of an app.
    pub async fn goods(&self, app_id: &AppId, id: GoodsId) -> Result<Goods> {
        let found = self.store().goods(app_id, id).await?;
        found.ok_or_else(|| GoodsRefusal::Unknown.into())
    }

    /// Of `ids` those that the app has, in this order, each once.
    pub async fn goods_by_ids(&self, app_id: &AppId, ids: &[GoodsId]) -> Result<Vec<Goods>> {
        let mut found = self.store().goods_by_ids(app_id, ids).await?;
        let place = |goods: &Goods| ids.iter().position(|id| *id == goods.id);
        found.sort_by_key(place);
        Ok(found)
    }

    /// Total and a page of an app's goods, the latest first.
    pub async fn goods_page(&self, app_id: &AppId, query: GoodsQuery) -> Result<(i64, Vec<Goods>)> {
        Ok(self.store().goods_page(app_id, query).await?)
    }

    /// What holds for all goods of an app.
    pub async fn goods_setting(&self, app_id: &AppId) -> Result<GoodsSetting> {
        Ok(self.store().goods_setting(app_id).await?)
    }

    /// Sets by which query keys pages name their goods.
    pub async fn set_goods_key(&self, app_id: &AppId, keys: &[String]) -> Result<()> {
        match goods::check_keys(keys) {
            Some(rule) => Err(refused(GoodsField::GoodsKey, rule)),
            None => Ok(self.store().set_goods_key(app_id, keys).await?),
        }
    }

    /// Sets what holds for all goods of an app. Pages lose their slash and query.
    pub async fn set_goods_setting(&self, app_id: &AppId, setting: GoodsSetting) -> Result<()> {
        let (most, longest) = MAX_PAGES;
        let pages = &setting.pages;
        if pages.len() > most || pages.iter().any(|page| page.len() > longest) {
            return Err(refused(GoodsField::Url, GoodsRule::TooLong));
        }
        if let Some(rule) = goods::check_keys(&setting.goods_key) {
            return Err(refused(GoodsField::GoodsKey, rule));
        }
        let pages = pages.iter().map(|page| goods::page_of(page.trim()));
        let pages = pages.filter(|page| !page.is_empty()).map(str::to_owned);
        let setting = GoodsSetting {
            pages: pages.collect(),
            ..setting
        };
        Ok(self.store().set_goods_setting(app_id, &setting).await?)
    }

    /// Decides whatever is in audit by the rules, until `shutdown`, where the operator has set no
    /// other reviewer.
    pub async fn run_reviews(&self, shutdown: CancellationToken) {
        if self.settings().review != ReviewProvider::Auto {
            return;
        }
        let mut watcher = self.store().watch();
        while !shutdown.is_cancelled() {
            let wait = match self.review_all().await {
                Ok(()) => LONGEST,
                Err(error) => {
                    tracing::error!(%error, "goods could not be reviewed; trying again");
                    Duration::from_secs(1)
                }
            };
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                () = watcher.changed() => {}
                () = shutdown.cancelled() => {}
            }
        }
    }

    /// Reviews what is in audit.
    pub async fn review_all(&self) -> Result<()> {
        loop {
            let waiting = self.store().goods_in_audit(BATCH).await?;
            if waiting.is_empty() {
                return Ok(());
            }
            // Goods that cannot be reviewed do not keep the others waiting.
            let mut failed = None;
            for goods in waiting {
                failed = self.review(&goods).await.err().or(failed);
            }
            if let Some(error) = failed {
                return Err(error);
            }
        }
    }

    async fn review(&self, goods: &Goods) -> Result<()> {
        let (app_id, cover) = (&goods.app_id, &goods.draft.cover);
        let image = self.store().image_of(app_id, cover).await?;
        let picture = match image {
            Some(image) if self.store().image_file(cover).await?.is_some() => Some(Picture {
                width: image.width,
                height: image.height,
            }),
            _ => None,
        };
        let decision = goods::review(&goods.draft, picture, &self.settings().words);
        match self.decide_goods(app_id, goods.id, decision).await {
            // Withdrawn, decided or deleted meanwhile.
            Ok(_) | Err(Error::Refused(_)) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// The one door through which goods change: load, decide, save, and wait until rooms are told.
    async fn change_goods(
        &self,
        app_id: &AppId,
        id: GoodsId,
        submitting: Submitting,
        act: impl Fn(&Goods) -> std::result::Result<Goods, GoodsRefusal>,
    ) -> Result<Goods> {
        let submission = (submitting == Submitting::Yes).then(|| self.submissions());
        loop {
            let before = self.goods(app_id, id).await?;
            let after = act(&before)?;
            let saved = self.store().save_goods(&after, submission, self.now());
            match saved.await? {
                SavedGoods::Saved { goods, offset } => {
                    if after.draft != before.draft || after.deleted_at.is_some() {
                        self.carried_out(offset).await?;
                    }
                    return Ok(*goods);
                }
                // Somebody else changed them meanwhile: judge by what they are now.
                SavedGoods::Conflict => {}
                SavedGoods::NoSubmissionLeft => return Err(self.no_submission_left()),
            }
        }
    }

    /// The draft with the lasting name of its picture, if no rule is broken.
    async fn checked_goods(
        &self,
        app_id: &AppId,
        mut draft: GoodsDraft,
        before: Option<&Goods>,
    ) -> Result<GoodsDraft> {
        let setting = self.refuse_without_goods(app_id).await?;
        let rules = GoodsRules {
            words: &self.settings().words,
            pages: &setting.pages,
        };
        draft.name = draft.name.trim().to_owned();
        draft.url = draft.url.trim().to_owned();
        let mut broken = goods::check(&draft, rules);
        match self.goods_picture(app_id, &draft.cover, before).await? {
            Ok(name) => draft.cover = name,
            Err(rule) => broken.push((GoodsField::Cover, rule)),
        }
        if broken.is_empty() {
            Ok(draft)
        } else {
            Err(GoodsRefusal::Fields(broken).into())
        }
    }

    async fn goods_picture(
        &self,
        app_id: &AppId,
        sent: &str,
        before: Option<&Goods>,
    ) -> Result<std::result::Result<String, GoodsRule>> {
        if sent.trim().is_empty() {
            return Ok(Err(GoodsRule::Required));
        }
        let Some(image) = self.resolve(app_id, sent).await? else {
            return Ok(Err(GoodsRule::ImageUnknown));
        };
        let is_kept = before.is_some_and(|goods| goods.draft.cover == image.name);
        if is_kept || image.width.max(image.height) <= MAX_PIXELS {
            return Ok(Ok(image.name));
        }
        let made = if self.settings().resize_goods_images {
            self.made_to_fit(&image, MAX_PIXELS as u32).await?
        } else {
            None
        };
        Ok(made.map(|made| made.name).ok_or(GoodsRule::ImageTooLarge))
    }

    pub(crate) async fn refuse_without_goods(&self, app_id: &AppId) -> Result<GoodsSetting> {
        let setting = self.store().goods_setting(app_id).await?;
        if setting.disabled {
            return Err(GoodsRefusal::Disabled.into());
        }
        Ok(setting)
    }

    fn submissions(&self) -> Submissions {
        Submissions {
            day: self.settings().day(self.now()),
            per_day: self.settings().limits.submissions_per_day,
        }
    }

    fn no_submission_left(&self) -> Error {
        GoodsRefusal::SubmissionsPerDay(self.settings().limits.submissions_per_day).into()
    }
}

fn refused(field: GoodsField, rule: GoodsRule) -> Error {
    GoodsRefusal::Fields(vec![(field, rule)]).into()
}
