import Evidence
import Statistics
import Wording

/// The charts over the dataset: what more draws bring, how examples differ, and which of them can be trusted.
struct ChartsSection {
  let subject: ReportSubject

  var markup: Markup {
    guard let summary = subject.summary else { return Markup() }
    var figures: [Figure] = []
    if subject.hasWeights, !summary.curve.isEmpty { figures.append(curve(summary)) }
    figures.append(distribution(summary))
    if subject.hasWeights {
      let reliability = ReliabilityCharts(subject: subject, summary: summary)
      figures += [reliability.scatter, reliability.table]
    }
    return PagePart.section("How far to trust it", Markup("div", ["class": "charts"], figures.map(\.markup)))
  }

  func curve(_ summary: LogLikelihoodSummary) -> Figure {
    let points = summary.curve.filter { $0.mean.isFinite }
    let missing = summary.curve.count - points.count
    let lost = missing > 0 ? " Not drawn: \(Text.counted(missing, "point")) that is no finite number." : ""
    let title = "More draws, tighter bound: L_k over k"
    guard let first = points.first, let last = points.last else {
      return Figure(title, "No point of the curve is a finite number.", Markup())
    }
    var meaning = "L_k is what k draws give on average: a lower bound that rises to log p(x) as k grows."
    if points.count > 1 {
      let before = points[points.count - 2]
      let rise = last.mean - before.mean
      meaning +=
        " From k = \(Text.count(before.samples)) to \(Text.count(last.samples)) it still rises by "
        + "\(Text.significant(rise, 2)) nats."
    }
    let low = points.map(\.mean).min() ?? 0
    let high = points.map(\.mean).max() ?? 0
    let x = Chart.Axis(
      "k, draws for each example", .logarithmic(Double(first.samples), Double(last.samples), margin: 0.05),
      ticks: points.map { Scale.Tick(value: Double($0.samples), label: Text.count($0.samples)) })
    // Room for the labels of the lowest and the highest point.
    let room = 0.1 * max(high - low, 1e-9)
    let y = Chart.Axis("mean L_k, nats", .linear(low - room, high + room))
    let words = points.map { "\(Text.fixed($0.mean, 2)) at k = \($0.samples)" }.joined(separator: ", ")
    var chart = Chart(title, summary: "A line that rises with k: \(words).", x: x, y: y)
    chart.line(through: points.map { (Double($0.samples), $0.mean) })
    for point in points {
      let label = Text.fixed(point.mean, Text.decimals(forError: max(1e-4, high - low) / 10))
      chart.dot(Double(point.samples), point.mean, words: "k = \(Text.count(point.samples)): \(label) nats")
    }
    for point in [last] + points.dropLast() {
      let label = Text.fixed(point.mean, Text.decimals(forError: max(1e-4, high - low) / 10))
      let (place, height) = (chart.horizontal(Double(point.samples)), chart.vertical(point.mean))
      let half = Chart.width(of: label) / 2
      let middle = min(max(place, chart.left + half + 2), chart.width - half - 4)
      chart.write(
        label,
        at: [
          (middle, height - 8, "middle"), (place + 8, height + 5, "start"), (place + 6, height + 15, "start"),
          (middle, height + 18, "middle"), (place - 8, height - 6, "end"),
        ])
    }
    return Figure(chart, meaning + lost)
  }

  func distribution(_ summary: LogLikelihoodSummary) -> Figure {
    let histogram = Histogram(subject.values)
    let name = subject.isCrossEntropy ? "−cross-entropy" : subject.symbol
    let title = "\(name) of single examples"
    let lost = PagePart.notDrawn(subject.values)
    guard !histogram.counts.isEmpty else {
      return Figure(title, "No estimate is a finite number." + lost, Markup())
    }
    let decimals = histogram.decimals
    let values = summary.logLikelihood
    let most = Double(histogram.counts.max() ?? 1)
    var chart = Chart(
      title,
      summary: "A histogram of \(Text.counted(subject.values.count - histogram.nonFinite, "example")) in "
        + "\(Text.counted(histogram.counts.count, "bin")); from \(Text.fixed(values.minimum, 2)) to "
        + "\(Text.fixed(values.maximum, 2)) nats, median \(Text.fixed(values.median, 2)).",
      x: .init("\(name), nats", .exact(histogram.first, histogram.last)), y: .init("examples", Self.counts(most)))
    for (bin, count) in histogram.counts.enumerated() where count > 0 {
      let edges = histogram.edges(bin)
      chart.bar(
        from: edges.lower, to: edges.upper, height: Double(count),
        words: "\(Text.fixed(edges.lower, decimals)) to \(Text.fixed(edges.upper, decimals)) nats: "
          + Text.counted(count, "example"))
    }
    if summary.mean.isFinite { chart.verticalRule(summary.mean, "mean \(Text.fixed(summary.mean, 2))", style: "mean") }
    let words =
      summary.examples == 1
      ? "One example."
      : "Half of the examples lie above \(Text.fixed(values.median, 2)) nats, nine of ten between "
        + "\(Text.fixed(values.fifth, 2)) and \(Text.fixed(values.ninetyFifth, 2))."
    return Figure(chart, words + lost)
  }

  /// A scale for counts, from nothing to a little above the most; ticks are whole numbers.
  static func counts(_ most: Double) -> Scale {
    most <= 5 ? .exact(0, most + 0.5) : .linear(0, most * 1.12)
  }
}
