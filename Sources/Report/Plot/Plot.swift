import Evidence
package import Wording

/// What can be drawn alone.
package enum PlotKind: String, CaseIterable, Sendable {
  case curve, pareto, histogram, units, spectrum
}

/// A drawing of a report alone, sized for a column of a paper and in colours that print, and the numbers that it is made of.
package struct Plot {
  /// Why there is nothing to draw.
  package struct Problem: Error, CustomStringConvertible {
    package let description: String
  }

  private let chart: Chart
  /// The numbers.
  package let table: DataTable

  /// A drawing of results, of one or, for the curve, of several under their names.
  ///
  /// - Throws: `Problem` where the results hold nothing to draw.
  package init(_ kind: PlotKind, of results: [(name: String, subject: ReportSubject)]) throws {
    guard let (_, subject) = results.first, let summary = subject.summary else {
      throw Problem(description: "holds no example yet")
    }
    switch kind {
    case .curve: (chart, table) = try CurvePlot(results).drawing()
    case .pareto:
      guard subject.hasWeights, let drawn = ReliabilityCharts(subject: subject, summary: summary).scatter.chart else {
        throw Problem(description: "k̂ and the effective sample size are not defined for \(subject.settings.estimator)")
      }
      chart = drawn
      var table = DataTable(["example", "pareto_k", "effective_sample_size"])
      for (row, index) in subject.indices.enumerated() {
        table.add([.count(index), .number(subject.shapes[row]), .number(subject.sampleSizes[row])])
      }
      self.table = table
    default:
      guard let drawn = ChartsSection(subject: subject).distribution(summary).chart else {
        throw Problem(description: "no estimate is a finite number")
      }
      chart = drawn
      let histogram = Histogram(subject.values)
      var table = DataTable(["from", "to", "examples"])
      for bin in histogram.counts.indices {
        let edges = histogram.edges(bin)
        table.add([.number(edges.lower), .number(edges.upper), .count(histogram.counts[bin])])
      }
      self.table = table
    }
  }

  /// A drawing of a layer's units.
  ///
  /// - Throws: `Problem` where there is no such layer or nothing to draw.
  package init(_ kind: PlotKind, of file: UnitsFile, layer number: Int) throws {
    guard let layer = file.layers.first(where: { $0.layer == number }) else {
      throw Problem(
        description:
          "there is no layer \(number); it holds \(file.layers.map { "\($0.layer)" }.joined(separator: ", "))")
    }
    let part = LayerPart(layer: layer, labels: nil)
    guard let drawn = (kind == .spectrum ? part.spectrum : part.bars)?.chart else {
      throw Problem(description: "layer \(number) has no value above zero to draw")
    }
    chart = drawn
    if kind == .spectrum {
      var table = DataTable(["direction", "eigenvalue"])
      for (index, value) in layer.pca.eigenvalues.enumerated() {
        table.add([.count(index + 1), .number(value ?? .nan)])
      }
      self.table = table
    } else {
      var table = DataTable(["unit", "variance", "standard_error", "kl"])
      for unit in layer.variance.indices {
        table.add([
          .count(unit), .number(layer.variance[unit] ?? .nan),
          .number((layer.varianceStandardError?[unit] ?? nil) ?? .nan),
          .number(layer.kl[unit] ?? .nan),
        ])
      }
      self.table = table
    }
  }

  /// The drawing, so many millimetres wide.
  package func svg(width: Double) -> String {
    let height = width * chart.height / chart.width
    return Markup(
      "svg",
      [
        "xmlns": "http://www.w3.org/2000/svg",
        "viewBox": "0 0 \(Chart.coordinate(chart.width)) \(Chart.coordinate(chart.height))",
        "width": "\(Chart.precise(width))mm", "height": "\(Chart.precise(height))mm",
      ], [Markup.style(PlotStyle.text)] + chart.parts
    ).source
  }
}
