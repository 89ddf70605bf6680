import Evidence
import Foundation
import Wording

/// Which latents are used, as `evidence units` found it: a part for each layer, and the ablation.
struct UnitsSection {
  let path: String
  let file: UnitsFile
  let subject: ReportSubject

  var markup: Markup {
    let name = file.model?.name ?? file.model?.path.map { URL(filePath: $0).lastPathComponent } ?? path
    let examples = file.data?.examples.map { ", over \(Text.counted($0, "example"))" } ?? ""
    var parts = [
      Markup("h2", [:], Markup("Latent units of \(name)")),
      PagePart.paragraph("From \(path)\(examples).", "soft small"),
    ]
    let warnings = mismatches + (file.warnings ?? [])
    if !warnings.isEmpty {
      parts.append(
        Markup("ul", ["class": "warnings"], warnings.map { Markup("li", [:], Markup(HeadlineSection.sentence($0))) }))
    }
    for layer in file.layers { parts.append(LayerPart(layer: layer, labels: file.labels).markup) }
    if let ablation = file.ablation { parts.append(AblationPart(ablation: ablation).markup) }
    return Markup("section", [:], parts)
  }

  /// Where this is of another model or other data than the results.
  private var mismatches: [String] {
    var words: [String] = []
    if let digest = file.model?.sha256, digest != subject.settings.modelSHA256 {
      words.append("these units are of another model than the results above")
    }
    if let digest = file.data?.sha256, digest != subject.settings.dataSHA256 {
      words.append("these units are of other data than the results above")
    }
    return words
  }
}

/// What removing units costs.
struct AblationPart {
  let ablation: UnitsFile.Ablation

  var markup: Markup {
    var parts = [Markup("h3", [:], "Without the inactive units")]
    if let difference = ablation.difference, let removed = ablation.removed {
      let error = ablation.differenceStandardError.map { " ± \(Text.significant($0, 2))" } ?? ""
      let sign = difference > 0 ? "+" : ""
      let over = ablation.examples.map { " over \(Text.counted($0, "example"))" } ?? ""
      let draws = ablation.samples.map { ", K = \(Text.count($0))" } ?? ""
      let values = [ablation.nll, ablation.nllAblated].map { $0.map { Text.fixed($0, 3) } ?? "–" }
      parts.append(
        PagePart.paragraph(
          "Holding \(Text.counted(removed, "inactive unit")) at the prior mean changes the NLL from \(values[0]) to "
            + "\(values[1]): by \(sign)\(Text.fixed(difference, 4))\(error) nats (paired\(over)\(draws))."))
    }
    if let figure = curve { parts.append(Markup("div", ["class": "charts"], figure.markup)) }
    if let singles { parts.append(singles) }
    return Markup("div", [:], parts)
  }

  /// Single units taken out, one at a time.
  private var singles: Markup? {
    guard let singles = ablation.singles, !singles.isEmpty else { return nil }
    return PagePart.table(
      "Without a single unit", ["unit", "A_u", "NLL", "change", "± data"],
      singles.map { single in
        let change = single.difference.map { ($0 > 0 ? "+" : "") + Text.fixed($0, 4) }
        return [
          "z\(single.layer), unit \(single.unit)", single.variance.map { Text.significant($0, 3) } ?? "–",
          single.nll.map { Text.fixed($0, 3) } ?? "–", change ?? "–",
          single.differenceStandardError.map { Text.significant($0, 2) } ?? "–",
        ]
      })
  }

  private var curve: Figure? {
    guard let sweep = ablation.sweep, !sweep.kept.isEmpty, sweep.kept.count == sweep.nll.count else { return nil }
    let points = zip(sweep.kept.indices, sweep.nll).compactMap { index, nll in
      nll.map { (index: index, kept: sweep.kept[index], nll: $0, error: sweep.differenceStandardError?[index] ?? 0) }
    }.filter { $0.nll.isFinite }
    guard let low = points.map({ $0.nll - $0.error }).min(), let high = points.map({ $0.nll + $0.error }).max() else {
      return nil
    }
    let ticks = sweep.kept.enumerated().map { Scale.Tick(value: Double($0.offset), label: Text.count($0.element)) }
    var chart = Chart(
      "NLL over the number of units kept",
      summary: points.map { "\(Text.fixed($0.nll, 2)) nats with \($0.kept)" }.joined(separator: ", ") + ".",
      x: .init("units kept, those with the largest A_u", .exact(-0.3, Double(sweep.kept.count) - 0.7), ticks: ticks),
      y: .init("NLL, nats", .linear(low, high + 0.1 * max(1e-9, high - low))))
    chart.line(through: points.map { (Double($0.index), $0.nll) })
    for point in points {
      chart.whisker(Double(point.index), from: point.nll - point.error, to: point.nll + point.error)
      chart.dot(Double(point.index), point.nll, words: "\(point.kept) units: \(Text.fixed(point.nll, 2)) nats")
    }
    for point in points.reversed() {
      let (place, height) = (chart.horizontal(Double(point.index)), chart.vertical(point.nll))
      let label = Text.fixed(point.nll, 1)
      let half = Chart.width(of: label) / 2
      let middle = min(max(place, chart.left + half + 2), chart.width - half - 4)
      chart.write(
        label,
        at: [
          (middle, height - 8, "middle"), (place + 8, height - 3, "start"), (middle, height + 18, "middle"),
          (place - 8, height + 14, "end"),
        ])
    }
    let over = sweep.examples.map { " Over \(Text.counted($0, "example"))." } ?? ""
    return Figure(
      chart,
      "Where the curve is flat, more units tell no more. Bars: one standard error of the paired difference." + over)
  }
}
