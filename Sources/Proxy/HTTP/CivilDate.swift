/// A day of the Gregorian calendar, carried back before its beginning. Years are counted from 1 March here, so that the
/// leap day is a year's last: the day of such a year follows from its month by one line.
struct CivilDate: BitwiseCopyable, Equatable {
    var year: Int
    /// 1–12.
    var month: Int
    /// 1–31.
    var day: Int

    init(year: Int, month: Int, day: Int) {
        self.year = year
        self.month = month
        self.day = day
    }

    /// - Parameter daysSinceEpoch: days since 1970-01-01, not negative.
    init(daysSinceEpoch: Int64) {
        let days = Int(daysSinceEpoch) + CivilDate.daysBeforeEpoch
        let era = days / CivilDate.daysOfEra
        let dayOfEra = days % CivilDate.daysOfEra
        // a leap day every 4 years, none every 100, one every 400
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (dayOfYear * 5 + 2) / 153
        day = dayOfYear - (monthFromMarch * 153 + 2) / 5 + 1
        month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        year = era * 400 + yearOfEra + (month <= 2 ? 1 : 0)
    }

    /// nil: no such day.
    var daysSinceEpoch: Int64? {
        guard year >= 0, (1...12).contains(month), day >= 1, day <= CivilDate.days(of: month, in: year) else { return nil }
        // year 0's January and February belong to year -1: one era more keeps the divisions positive
        let marchYear = (month > 2 ? year : year - 1) + 400
        let monthFromMarch = month > 2 ? month - 3 : month + 9
        let dayOfYear = (monthFromMarch * 153 + 2) / 5 + day - 1
        let days = marchYear * 365 + marchYear / 4 - marchYear / 100 + marchYear / 400 + dayOfYear
        return Int64(days - CivilDate.daysOfEra - CivilDate.daysBeforeEpoch)
    }

    private static func days(of month: Int, in year: Int) -> Int {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// Days of 400 years.
    private static let daysOfEra = 146_097
    /// From 1 March of year 0 to 1970-01-01.
    private static let daysBeforeEpoch = 719_468
}
