//! What a shop sells: the categories that WeChat lets go live (spec section 1.1, condition 1).

use serde::{Deserialize, Serialize};

/// A category that an app declares.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "each is named by `Category::name`")]
pub enum Category {
    Platform,
    Department,
    Food,
    Produce,
    AlcoholSalt,
    BooksMediaGames,
    Vehicles,
    ApparelShoesBags,
    ToysMaternity,
    AppliancesDigital,
    BeautyCare,
    JewelleryWatches,
    SportsOutdoor,
    FlowersGarden,
    HomeTextiles,
    CarAccessories,
    OfficeStationery,
    MachineryElectronics,
}

impl Category {
    /// All of them, in WeChat's order.
    pub const ALL: [Self; 18] = [
        Self::Platform,
        Self::Department,
        Self::Food,
        Self::Produce,
        Self::AlcoholSalt,
        Self::BooksMediaGames,
        Self::Vehicles,
        Self::ApparelShoesBags,
        Self::ToysMaternity,
        Self::AppliancesDigital,
        Self::BeautyCare,
        Self::JewelleryWatches,
        Self::SportsOutdoor,
        Self::FlowersGarden,
        Self::HomeTextiles,
        Self::CarAccessories,
        Self::OfficeStationery,
        Self::MachineryElectronics,
    ];

    /// Its name for programs.
    pub fn id(self) -> &'static str {
        match self {
            Self::Platform => "platform",
            Self::Department => "department",
            Self::Food => "food",
            Self::Produce => "produce",
            Self::AlcoholSalt => "alcohol-salt",
            Self::BooksMediaGames => "books-media-games",
            Self::Vehicles => "vehicles",
            Self::ApparelShoesBags => "apparel-shoes-bags",
            Self::ToysMaternity => "toys-maternity",
            Self::AppliancesDigital => "appliances-digital",
            Self::BeautyCare => "beauty-care",
            Self::JewelleryWatches => "jewellery-watches",
            Self::SportsOutdoor => "sports-outdoor",
            Self::FlowersGarden => "flowers-garden",
            Self::HomeTextiles => "home-textiles",
            Self::CarAccessories => "car-accessories",
            Self::OfficeStationery => "office-stationery",
            Self::MachineryElectronics => "machinery-electronics",
        }
    }

    /// Its Chinese name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Platform => "电商平台",
            Self::Department => "百货",
            Self::Food => "食品",
            Self::Produce => "初级食用农产品",
            Self::AlcoholSalt => "酒/盐",
            Self::BooksMediaGames => "图书报刊/音像/影视/游戏/动漫",
            Self::Vehicles => "汽车/其他交通工具的配件",
            Self::ApparelShoesBags => "服装/鞋/箱包",
            Self::ToysMaternity => "玩具/母婴用品（不含食品）",
            Self::AppliancesDigital => "家电/数码/手机",
            Self::BeautyCare => "美妆/洗护",
            Self::JewelleryWatches => "珠宝/饰品/眼镜/钟表",
            Self::SportsOutdoor => "运动/户外/乐器",
            Self::FlowersGarden => "鲜花/园艺/工艺品",
            Self::HomeTextiles => "家居/家饰/家纺",
            Self::CarAccessories => "汽车内饰/外饰",
            Self::OfficeStationery => "办公/文具",
            Self::MachineryElectronics => "机械/电子器件",
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn each_category_has_a_name_of_its_own() {
        let names: HashSet<_> = Category::ALL.map(Category::name).into();
        assert_eq!(names.len(), 18);
        for category in Category::ALL {
            let written = serde_json::to_value(category).unwrap();
            assert_eq!(written, category.id(), "as it is kept");
        }
    }
}
