import Evidence
import Foundation
import Wording

/// A bar for each unit of a layer: A_u on a logarithmic scale, sorted, the threshold drawn through.
///
///       unit      A_u  ±       0.0001     0.01 ┃                  1      KL
///         37   0.9120  0.004   ━━━━━━━━━━━━━━━━╋━━━━━━━━━━━━━━━━━━   2.310
struct UnitBars {
  private let layer: LayerUnits
  private let isComplete: Bool
  private let words: any RunWords
  /// Columns of a bar.
  private let width = 40
  /// Powers of ten at both ends.
  private let lower: Double, upper: Double

  init(_ layer: LayerUnits, isComplete: Bool, _ words: any RunWords) {
    self.layer = layer
    self.words = words
    self.isComplete = isComplete
    let positive = layer.variances.filter { $0 > 0 && $0.isFinite }
    let center = log10(layer.threshold > 0 ? layer.threshold : 1e-2)
    // Two decades on both sides of the threshold at least, six below it at most.
    let least = log10(positive.min() ?? 1)
    lower = min(center.rounded(.down) - 2, max(least.rounded(.down), center.rounded(.down) - 6))
    upper = max(center.rounded(.up) + 1, log10(positive.max() ?? 1).rounded(.up))
  }

  /// The lines, head first, then a line for what is not shown.
  var lines: [String] {
    let sorted = layer.unitsByVariance
    let decided = layer.activeUnits.count + layer.undecidedUnits.count
    let shown = isComplete ? sorted.count : Self.shown(of: layer.units, decided: decided)
    var table = TextTable([.right, .right, .left, .left, .right])
    table.add(["unit", "A_u", "±", axis, "KL"])
    let undecided = Set(layer.undecidedUnits)
    for unit in sorted.prefix(shown) {
      let mark = undecided.contains(unit) ? "?" : ""
      table.add([
        String(unit), UnitBars.number(layer.variances[unit]),
        UnitBars.number(layer.standardErrors[unit], digits: 1) + mark, bar(layer.variances[unit]),
        Text.fixed(layer.divergences[unit], 3),
      ])
    }
    guard shown < sorted.count else { return table.lines }
    let rest = sorted.dropFirst(shown).map { layer.variances[$0] }
    let range = "A_u \(UnitBars.number(rest.first ?? 0)) … \(UnitBars.number(rest.last ?? 0))"
    return table.lines + ["  and \(Text.counted(rest.count, "more unit")), \(range) (\(words.words(.allUnits)))"]
  }

  /// How many units have a bar of their own: in a large layer, and where most units are inactive, those far below the
  /// threshold are told together.
  ///
  /// - Parameter decided: Units that are active, and those that may be.
  static func shown(of units: Int, decided: Int) -> Int {
    let folds = units > UnitsOutcome.mostBars || 2 * (units - decided) > units
    return folds ? min(units, max(decided + 8, 16)) : units
  }

  /// Short at any size.
  static func number(_ value: Double, digits: Int = 3) -> String {
    guard value != 0, value.isFinite else { return Text.significant(value, digits) }
    if value.magnitude >= 0.001 { return Text.significant(value, digits) }
    return String(format: "%.\(digits == 1 ? 0 : 1)e", value).replacingOccurrences(of: "-", with: "−")
  }

  private func column(_ value: Double) -> Int {
    guard value > 0 else { return 0 }
    let share = (log10(value) - lower) / (upper - lower)
    return Int((Double(width) * min(1, max(0, share))).rounded())
  }

  private func bar(_ value: Double) -> String {
    let length = column(value)
    let threshold = column(layer.threshold)
    return String(
      (0..<width).map { index -> Character in
        let isFilled = index < length
        if index == threshold && layer.threshold > 0 { return value > layer.threshold ? "╋" : "┃" }
        return isFilled ? "━" : " "
      })
  }

  /// The ends and the threshold, where they lie.
  private var axis: String {
    var cells = [Character](repeating: " ", count: width)
    func put(_ text: String, endingAt end: Int) {
      let start = max(0, min(end, width) - text.count)
      for (offset, character) in text.enumerated() where start + offset < width { cells[start + offset] = character }
    }
    let low = UnitBars.number(pow(10, lower), digits: 1)
    put(low, endingAt: low.count)
    put(UnitBars.number(pow(10, upper), digits: 1), endingAt: width)
    if layer.threshold > 0 { put(Text.plain(layer.threshold) + " ┃", endingAt: column(layer.threshold) + 1) }
    return String(cells)
  }
}
