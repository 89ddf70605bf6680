import Foundation
import Statistics
import Wording

/// One stochastic layer: which units and directions are active, what they tell, and where examples lie.
struct LayerPart {
  let layer: UnitsFile.Layer
  /// What labels are called.
  let labels: String?

  var markup: Markup {
    var figures = [histogram, bars, spectrum, divergences].compactMap(\.self)
    if let scatter = ScatterFigure(layer: layer, labels: labels).figure { figures.append(scatter) }
    return Markup(
      "div", [:], Markup("h3", [:], Markup("Layer z\(layer.layer): \(layer.active) of \(layer.units) units active")),
      facts,
      Markup("div", ["class": "charts"], figures.map(\.markup)))
  }

  private var undecided: Set<Int> { Set(layer.undecidedUnits ?? []) }

  /// Units by descending A_u; those without a value last.
  private var order: [Int] {
    layer.variance.indices.sorted { a, b in
      let (x, y) = (layer.variance[a] ?? -.infinity, layer.variance[b] ?? -.infinity)
      return x != y ? x > y : a < b
    }
  }

  private var facts: Markup {
    var parts = [
      PagePart.figureOfMerit(
        "Active units", "\(layer.active)", "of \(layer.units), A_u > \(Text.plain(layer.threshold))"),
      PagePart.figureOfMerit("Active directions", "\(layer.pca.active)", "eigenvalue > \(Text.plain(layer.threshold))"),
    ]
    if let undecided = layer.undecidedUnits {
      parts.append(PagePart.figureOfMerit("Undecided units", "\(undecided.count)", "threshold within 1.96 errors"))
    }
    if let divergence = layer.divergence {
      let error = layer.divergenceStandardError.map { "± \(Text.significant($0, 2))" } ?? ""
      parts.append(PagePart.figureOfMerit("Mean KL", Text.fixed(divergence, 2), unit: "nats", error))
    }
    if let ratio = layer.pca.participationRatio {
      parts.append(PagePart.figureOfMerit("Participation ratio", Text.fixed(ratio, 1), "directions, in effect"))
    }
    if let collapsed = layer.collapse?.collapsedUnits {
      parts.append(
        PagePart.figureOfMerit("Collapsed units", "\(collapsed.count)", "KL near 0 on all but 1 % of examples"))
    }
    if let information = layer.information?.mutualInformation {
      let error = layer.information?.standardError.map { "± \(Text.significant($0, 2))" } ?? ""
      let isAtLimit = layer.information?.atLimit == true
      parts.append(
        isAtLimit
          ? PagePart.figureOfMerit(
            "I(x; z)", "≥ " + Text.fixed(information, 2), unit: "nats", "at the limit of the estimate")
          : PagePart.figureOfMerit("I(x; z)", Text.fixed(information, 2), unit: "nats", error))
    }
    var result = Markup("dl", ["class": "figures"], parts)
    if let verdict = layer.agreement.flatMap({ Self.words($0.verdict) }) {
      result += PagePart.paragraph(verdict, "small")
    }
    return result
  }

  private static func words(_ verdict: String) -> String? {
    switch verdict {
    case "collapsed": "No unit and no direction is active: the layer carries nothing about the data."
    case "agree": "Units and principal directions tell the same: the active directions lie in the active units."
    case "undecided": "The counts of units and directions differ by no more than the undecided units."
    case "units-share-directions": "More units than directions are active: several units share a direction."
    case "directions-across-units": "More directions than units are active: small variances of many units add up."
    case "different-subspace": "Units and directions are as many, but the active directions lie partly in other units."
    default: nil
    }
  }

  /// How many units are not on a logarithmic axis.
  private func nonPositive(_ values: [Double?]) -> String {
    let count = values.count { !(($0 ?? .nan) > 0) }
    return count > 0 ? " Not drawn, at or below zero or without a value: \(count)." : ""
  }

  private var histogram: Figure? {
    let positive = layer.variance.compactMap(\.self).filter { $0 > 0 && $0.isFinite }
    guard let least = positive.min(), let most = positive.max() else { return nil }
    // Two bins to a factor of ten and more, and an edge at the threshold.
    let bins = 4.0
    let origin = log10(layer.threshold > 0 ? layer.threshold : 0.01)
    func bin(_ value: Double) -> Int { Int(((log10(value) - origin) * bins).rounded(.down)) }
    let (first, last) = (min(bin(least), -4), max(bin(most), 3))
    var counts = Array(repeating: 0, count: last - first + 1)
    for value in positive { counts[bin(value) - first] += 1 }
    func edge(_ bin: Int) -> Double { pow(10, origin + Double(bin) / bins) }
    var chart = Chart(
      "Histogram of log₁₀ A_u",
      summary: "\(positive.count) units from \(Text.significant(least, 2)) to \(Text.significant(most, 2)); "
        + "\(layer.active) above the threshold \(Text.plain(layer.threshold)).",
      x: .init("A_u, variance over examples of the posterior mean", .logarithmic(edge(first), edge(last + 1))),
      y: .init("units", ChartsSection.counts(Double(counts.max() ?? 1))))
    for (index, count) in counts.enumerated() where count > 0 {
      let (low, high) = (edge(first + index), edge(first + index + 1))
      chart.bar(
        from: low, to: high, height: Double(count), style: first + index >= 0 ? "bar" : "bar off",
        words: "\(Text.significant(low, 2)) to \(Text.significant(high, 2)): \(Text.counted(count, "unit"))")
    }
    if layer.threshold > 0 { chart.verticalRule(layer.threshold, "active above \(Text.plain(layer.threshold))") }
    return Figure(
      chart, "Used and unused units make two heaps when the threshold tells them apart." + nonPositive(layer.variance))
  }

  var bars: Figure? {
    let order = order.filter { (layer.variance[$0] ?? 0) > 0 }
    guard let first = order.first, let last = order.last, let most = layer.variance[first],
      let least = layer.variance[last]
    else { return nil }
    let bottom = min(least, layer.threshold > 0 ? layer.threshold / 10 : least)
    var chart = Chart(
      "A_u of every unit, sorted",
      summary: "Bars from \(Text.significant(most, 2)) down to \(Text.significant(least, 2)); the threshold is "
        + "\(Text.plain(layer.threshold)).",
      x: .init("unit, by rank", .exact(0, Double(order.count)), ticks: Self.ranks(order.count)),
      y: .init("A_u", .logarithmic(bottom, most * 1.5, toDecades: true)))
    for (rank, unit) in order.enumerated() {
      guard let value = layer.variance[unit] else { continue }
      let error = layer.varianceStandardError?[unit] ?? nil
      let style = undecided.contains(unit) ? "bar open" : value > layer.threshold ? "bar" : "bar off"
      chart.bar(
        from: Double(rank), to: Double(rank + 1), height: value, style: style,
        words: "unit \(unit): \(Text.significant(value, 3))" + (error.map { " ± \(Text.significant($0, 2))" } ?? ""))
      if let error, order.count <= 64 {
        chart.whisker(Double(rank) + 0.5, from: max(value - error, chart.y.scale.lower), to: value + error)
      }
    }
    // The right end is free of bars unless every unit is active.
    let name = least > layer.threshold ? "" : "threshold \(Text.plain(layer.threshold))"
    if layer.threshold > 0 { chart.horizontalRule(layer.threshold, name) }
    let open = undecided.isEmpty ? "" : " Open bars are undecided."
    let whiskers = layer.varianceStandardError != nil && order.count <= 64 ? " Whiskers: one standard error." : ""
    return Figure(
      chart,
      "Units above the broken line at \(Text.plain(layer.threshold)) are active." + open + whiskers
        + nonPositive(layer.variance), legend: numbers(order))
  }

  /// The units from left to right, for paper, where nothing can be pointed at.
  private func numbers(_ order: [Int]) -> Markup {
    guard order.count <= 128 else { return Markup() }
    return PagePart.paragraph(
      "Units from left to right: \(order.map(String.init).joined(separator: ", ")).", "paper small")
  }

  var spectrum: Figure? {
    let values = layer.pca.eigenvalues.enumerated().compactMap { index, value in
      value.flatMap { $0 > 0 && $0.isFinite ? (rank: index + 1, value: $0) : nil }
    }
    guard let first = values.first, let largest = values.map(\.value).max(), let least = values.map(\.value).min()
    else {
      return nil
    }
    // Rounding below a billionth of the largest is of no interest.
    let shown = values.filter { $0.value >= largest * 1e-9 }
    let bottom = min(shown.map(\.value).min() ?? least, layer.threshold > 0 ? layer.threshold / 10 : least)
    var chart = Chart(
      "Spectrum of the posterior means",
      summary: "Eigenvalues of their covariance from \(Text.significant(first.value, 3)) down to "
        + "\(Text.significant(shown.last?.value ?? least, 2)).",
      x: .init("direction, by rank", .exact(0, Double(layer.units) + 1), ticks: Self.ranks(layer.units, from: 0)),
      y: .init("eigenvalue", .logarithmic(bottom, largest * 1.5, toDecades: true)))
    chart.line(through: shown.map { (Double($0.rank), $0.value) })
    if shown.count <= 128 {
      for point in shown {
        chart.dot(
          Double(point.rank), point.value, radius: shown.count > 40 ? 2 : 2.6,
          words: "direction \(point.rank): \(Text.significant(point.value, 3))")
      }
    }
    if layer.threshold > 0 { chart.horizontalRule(layer.threshold, "threshold \(Text.plain(layer.threshold))") }
    let lost = layer.pca.eigenvalues.count - shown.count
    let words =
      "Principal directions of E_q[z] over examples; \(layer.pca.active) above the threshold."
      + (lost > 0 ? " Not drawn, nothing but rounding or noise: \(lost)." : "")
    return Figure(chart, words)
  }

  private var divergences: Figure? {
    let finite = layer.kl.compactMap(\.self).filter(\.isFinite)
    guard let most = finite.max() else { return nil }
    let order = order
    var chart = Chart(
      "KL of every unit",
      summary: "From \(Text.significant(most, 3)) nats down to \(Text.significant(finite.min() ?? 0, 2)).",
      x: .init("unit, by rank of A_u", .exact(0, Double(order.count)), ticks: Self.ranks(order.count)),
      y: .init("mean KL, nats", .linear(0, max(most, 1e-6) * 1.05)))
    for (rank, unit) in order.enumerated() {
      guard let value = layer.kl[unit], value.isFinite else { continue }
      let isActive = (layer.variance[unit] ?? 0) > layer.threshold
      chart.bar(
        from: Double(rank), to: Double(rank + 1), height: value, style: isActive ? "bar" : "bar off",
        words: "unit \(unit): \(Text.significant(value, 3)) nats")
    }
    let lost = layer.kl.count - finite.count
    return Figure(
      chart,
      "What each unit adds to the mean KL(q(z|x) ‖ p(z)), in the order of A_u."
        + (lost > 0 ? " Not drawn: \(lost)." : ""))
  }

  /// Ticks at the middle of every so many bars.
  private static func ranks(_ count: Int, from offset: Double = -0.5) -> [Scale.Tick] {
    let step = max(1, Int(Scale.step(span: Double(count), count: 6)))
    return ([1] + stride(from: step, through: count, by: step).filter { $0 > 1 }).map {
      Scale.Tick(value: Double($0) + offset, label: Text.count($0))
    }
  }
}
