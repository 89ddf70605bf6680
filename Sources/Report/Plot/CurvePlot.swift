import Evidence
import Wording

/// L_k over k of one result or several, under their names.
struct CurvePlot {
  private struct Series {
    var name: String
    var points: [(samples: Int, mean: Double)]
  }

  private let series: [Series]

  init(_ results: [(name: String, subject: ReportSubject)]) throws {
    series = try results.map { name, subject in
      let points = subject.summary?.curve.filter { $0.mean.isFinite }.map { ($0.samples, $0.mean) } ?? []
      guard !points.isEmpty else {
        throw Plot.Problem(
          description: "\(subject.path) has no curve: \(subject.settings.estimator) takes no L_k, or no example is done"
        )
      }
      return Series(name: name, points: points)
    }
  }

  func drawing() -> (Chart, DataTable) {
    let points = series.flatMap(\.points)
    let samples = Set(points.map(\.samples)).sorted()
    let (low, high) = (points.map(\.mean).min() ?? 0, points.map(\.mean).max() ?? 1)
    let room = 0.06 * max(high - low, 1e-9)
    var chart = Chart(
      "L_k over k",
      summary: series.map { one in
        "\(one.name): " + one.points.map { "\(Text.fixed($0.mean, 2)) at k = \($0.samples)" }.joined(separator: ", ")
      }.joined(separator: "; "),
      x: .init(
        "k, draws for each example",
        .logarithmic(Double(samples.first ?? 1), Double(samples.last ?? 1), margin: 0.05),
        ticks: samples.map { Scale.Tick(value: Double($0), label: Text.count($0)) }),
      y: .init("mean L_k, nats", .linear(low - room, high + room)))
    var table = DataTable(["model", "k", "mean"])
    for (number, one) in series.enumerated() {
      chart.line(through: one.points.map { (Double($0.samples), $0.mean) }, style: "line s\(number % 10)")
      chart.scatter(
        one.points.map { (Double($0.samples), $0.mean) }, Self.marker(number), size: 3, style: "label c\(number % 10)")
      for point in one.points { table.add([.text(one.name), .count(point.samples), .number(point.mean)]) }
    }
    // Curves rise to the right: the corner below is free.
    if series.count > 1 { chart.legend(series.enumerated().map { ($1.name, Self.marker($0), "label c\($0 % 10)") }) }
    return (chart, table)
  }

  private static func marker(_ number: Int) -> Marker { Marker(rawValue: number % Marker.allCases.count) ?? .disc }
}
