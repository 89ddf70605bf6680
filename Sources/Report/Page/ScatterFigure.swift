import Wording

/// Examples along the first two principal directions, each label with its own colour and shape.
struct ScatterFigure {
  let layer: UnitsFile.Layer
  let labels: String?

  /// Labels up to which each has a mark of its own; of more, all examples look alike.
  static let mostLabels = 20
  /// Examples up to which each is drawn for itself.
  static let mostDots = 6000

  private struct Point {
    var x, y: Double
    var label: UnitsFile.Label?
  }

  /// The figure; nil where nothing can be drawn.
  var figure: Figure? {
    guard let scatter = layer.scatter else { return nil }
    let named = scatter.label ?? []
    let points = zip(scatter.first, scatter.second).enumerated().compactMap { index, pair -> Point? in
      guard let x = pair.0, let y = pair.1, x.isFinite, y.isFinite else { return nil }
      return Point(x: x, y: y, label: index < named.count ? named[index] : nil)
    }
    guard !points.isEmpty else { return nil }
    var chart = chart(points)
    let lost = scatter.first.count - points.count
    var words =
      "\(Text.counted(points.count, "example")), evenly out of \(layer.examples.map(Text.count) ?? "all"), at their posterior "
      + "means."
    if lost > 0 { words += " Not drawn, without finite means: \(lost)." }
    var legend = Markup()
    let kinds = Set(points.compactMap(\.label)).sorted(by: UnitsFile.Label.precedes)
    if points.count > Self.mostDots {
      let most = chart.density(points.map { ($0.x, $0.y) })
      words += " The stronger, the more: up to \(most) in a cell."
    } else if (1...Self.mostLabels).contains(kinds.count) {
      for (number, kind) in kinds.enumerated() {
        chart.scatter(
          points.filter { $0.label == kind }.map { ($0.x, $0.y) }, Self.marker(number), style: Self.style(number))
      }
      let others = points.filter { $0.label == nil }
      chart.scatter(others.map { ($0.x, $0.y) }, .disc, size: 1.4, style: "label c8")
      legend = Markup(
        "ul", ["class": "legend", "aria-label": "Labels"],
        kinds.enumerated().map {
          Markup("li", [:], Self.marker($0.offset).key(style: Self.style($0.offset)), Markup($0.element.words))
        })
      if let labels { words += " Labels: \(labels)." }
    } else {
      chart.scatter(points.map { ($0.x, $0.y) }, .disc, size: 1.9, style: "good")
      if kinds.count > Self.mostLabels { words += " \(Text.count(kinds.count)) labels are too many to tell apart." }
    }
    return Figure(chart, words, legend: legend)
  }

  private func chart(_ points: [Point]) -> Chart {
    func range(_ values: [Double]) -> (Double, Double) { (values.min() ?? 0, values.max() ?? 1) }
    let (x, y) = (range(points.map(\.x)), range(points.map(\.y)))
    let shares = (layer.pca.explained ?? []).map { $0 ?? .nan }
    func name(_ direction: Int) -> String {
      guard direction < shares.count else { return "direction \(direction + 1)" }
      let share = shares[direction] - (direction > 0 ? shares[direction - 1] : 0)
      return "direction \(direction + 1) (\(HeadlineSection.percent(share)) of the variance)"
    }
    return Chart(
      "First two principal directions",
      summary: "\(Text.counted(points.count, "example")) as dots; the first direction from \(Text.fixed(x.0, 1)) to "
        + "\(Text.fixed(x.1, 1)), the second from \(Text.fixed(y.0, 1)) to \(Text.fixed(y.1, 1)).",
      x: .init(name(0), .linear(x.0, x.1, ticks: 6)), y: .init(name(1), .linear(y.0, y.1, ticks: 6)), height: 340)
  }

  /// Shape and colour go round at different speeds, so that no two labels have both in common.
  private static func marker(_ number: Int) -> Marker {
    Marker(rawValue: (number + number / 10) % Marker.allCases.count) ?? .disc
  }

  private static func style(_ number: Int) -> String { "label c\(number % 10)" }
}
