import Evidence
import Foundation
import Statistics
import Wording

/// Effective sample size against k̂, and how many examples are on which side of the thresholds.
struct ReliabilityCharts {
  let subject: ReportSubject
  let summary: LogLikelihoodSummary

  /// Examples up to which each is drawn for itself.
  static let mostDots = 3000

  private var threshold: Double { summary.paretoThreshold }
  private let low = DiagnosticThresholds.effectiveSampleSizeLow

  private struct Point {
    var shape, size: Double
    var isReliable: Bool
  }

  /// The examples that have both coordinates.
  private var points: [Point] {
    zip(subject.shapes, subject.sampleSizes).compactMap { shape, size in
      guard shape.isFinite, size.isFinite, size > 0 else { return nil }
      return Point(shape: shape, size: size, isReliable: shape <= threshold && size >= low)
    }
  }

  var scatter: Figure {
    let points = points
    let title = "Effective sample size and k̂ of single examples"
    guard !points.isEmpty else { return sampleSizes(title) }
    let shapes = (low: points.map(\.shape).min() ?? 0, high: points.map(\.shape).max() ?? 1)
    let sizes = (low: points.map(\.size).min() ?? 1, high: points.map(\.size).max() ?? 1)
    let lost = subject.shapes.count - points.count
    // Wide enough that the threshold can be seen, where there is one.
    let limit = threshold.isFinite && threshold > 0 ? threshold : shapes.high
    let x = Scale.linear(min(shapes.low, limit - 0.1), max(shapes.high, limit + 0.1), ticks: 6)
    let y = Scale.logarithmic(min(sizes.low, low / 1.6), max(sizes.high, low * 2), margin: 0.03)
    var chart = Chart(
      title,
      summary: "\(Text.counted(points.count, "example")): k̂ from \(Text.fixed(shapes.low, 2)) to "
        + "\(Text.fixed(shapes.high, 2)), effective sample size from \(Text.fixed(sizes.low, 1)) to "
        + "\(Text.fixed(sizes.high, 1)). \(Text.count(summary.unreliableExamples)) have k̂ above the threshold.",
      x: .init("Pareto k̂", x), y: .init("effective sample size", y), height: 260)
    var legend = Markup()
    if points.count > Self.mostDots {
      let most = chart.density(points.lazy.map { ($0.shape, $0.size) })
      legend = Markup(
        "ul", ["class": "legend"],
        Markup("li", [:], Markup("the stronger, the more examples: up to \(Text.count(most)) in a cell")))
    } else {
      let radius = points.count > 600 ? 1.8 : 2.3
      chart.scatter(points.filter(\.isReliable).map { ($0.shape, $0.size) }, .disc, size: radius, style: "good")
      chart.scatter(
        points.filter { !$0.isReliable }.map { ($0.shape, $0.size) }, .hollowTriangle, size: radius, style: "flagged")
      legend = Self.legend
    }
    if threshold.isFinite { chart.verticalRule(threshold, "k̂ = \(Text.fixed(threshold, 2))") }
    chart.horizontalRule(low, "ESS \(Text.plain(low))")
    let words =
      "To the right of the broken line the largest weights are too few to say how large the error is; below the other, a "
      + "handful of draws makes the estimate."
      + (lost > 0 ? " Not drawn: \(Text.counted(lost, "example")) without k̂." : "")
    return Figure(chart, words, legend: legend)
  }

  private static var legend: Markup {
    Markup(
      "ul", ["class": "legend"], Markup("li", [:], Marker.disc.key(style: "good"), "within both"),
      Markup("li", [:], Marker.hollowTriangle.key(style: "flagged"), "past one of them"))
  }

  /// Where k̂ is nowhere defined: the effective sample sizes alone.
  private func sampleSizes(_ title: String) -> Figure {
    let words = "k̂ is not defined for \(Text.counted(subject.settings.samples, "draw"))."
    let histogram = Histogram(subject.sampleSizes)
    guard !histogram.counts.isEmpty else { return Figure(title, words + " Nothing to draw.", Markup()) }
    var chart = Chart(
      "Effective sample size of single examples",
      summary: "A histogram of \(Text.counted(subject.sampleSizes.count - histogram.nonFinite, "example")).",
      x: .init("effective sample size", .exact(histogram.first, histogram.last)),
      y: .init("examples", ChartsSection.counts(Double(histogram.counts.max() ?? 1))))
    for (bin, count) in histogram.counts.enumerated() where count > 0 {
      let edges = histogram.edges(bin)
      chart.bar(
        from: edges.lower, to: edges.upper, height: Double(count),
        words: "\(Text.fixed(edges.lower, histogram.decimals)) to \(Text.fixed(edges.upper, histogram.decimals)): "
          + Text.counted(count, "example"))
    }
    chart.verticalRule(low, Text.plain(low))
    return Figure(chart, words + PagePart.notDrawn(subject.sampleSizes))
  }

  /// Examples by k̂, with what it means.
  var table: Figure {
    let veryBad = DiagnosticThresholds.paretoShapeVeryBad
    let variance = DiagnosticThresholds.paretoShapeFiniteVariance
    let middle = threshold > variance
    let bound = threshold.isFinite ? threshold : 0
    var rows: [(name: String, meaning: String, holds: (Double) -> Bool)] = []
    if middle {
      rows.append(("k̂ ≤ \(Text.fixed(variance, 1))", "errors hold", { $0 <= variance }))
      rows.append(
        ("to \(Text.fixed(bound, 2))", "errors are rough", { $0 > variance && $0 <= bound }))
    } else {
      rows.append(("k̂ ≤ \(Text.fixed(bound, 2))", "reliable", { $0 <= bound }))
    }
    rows.append(("to \(Text.fixed(veryBad, 0))", "errors too small", { $0 > bound && $0 < veryBad }))
    rows.append(("k̂ ≥ \(Text.fixed(veryBad, 0))", "draws hardly help", { $0 >= veryBad }))
    if subject.shapes.contains(where: \.isNaN) { rows.append(("no k̂", "not defined", { $0.isNaN })) }
    let count = Double(max(1, subject.shapes.count))
    let cells = rows.map { row -> [String] in
      let inside = subject.shapes.indices.filter { row.holds(subject.shapes[$0]) }
      let least = inside.map { subject.sampleSizes[$0] }.filter(\.isFinite).min()
      return [
        row.name, row.meaning, Text.count(inside.count), HeadlineSection.percent(Double(inside.count) / count),
        least.map(HeadlineSection.sampleSize) ?? "–",
      ]
    }
    let words =
      "The threshold is min(1 − 1/log₁₀ K, 0.7) = \(threshold.isFinite ? Text.fixed(threshold, 2) : "–") for "
      + "K = \(Text.count(subject.settings.samples)) (Vehtari, Simpson, Gelman, Yao, Gabry 2024)."
    return Figure(
      "What k̂ says of the examples", words,
      PagePart.table("", ["k̂", "estimate", "examples", "share", "least ESS"], cells, prose: 1))
  }
}
