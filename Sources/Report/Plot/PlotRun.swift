import Evidence
package import Runs

/// A figure, made of the files that are asked for.
package struct PlotRun {
  private let kind: PlotKind
  private let files: [String]
  private let layer: Int
  private let words: any RunWords

  /// A figure of results, or of what `units` printed.
  ///
  /// - Parameter layer: The stochastic layer, where the figure is of one.
  package init(_ kind: PlotKind, of files: [String], layer: Int, words: any RunWords) {
    (self.kind, self.files, self.layer, self.words) = (kind, files, layer, words)
  }

  /// Reads the files.
  package func run() throws -> Plot {
    do {
      switch kind {
      case .curve, .pareto, .histogram:
        for path in files { try FileRole.results.check(path) }
        let subjects = try files.map { try ReportSubject(ResultsFile(reading: $0), words: words) }
        return try Plot(kind, of: Array(zip(FileNames.distinct(files), subjects)))
      case .units, .spectrum:
        let bytes = try ReportRun.bytes(files[0])
        return try Plot(kind, of: ReportRun.read(.units) { try UnitsFile(bytes, path: files[0]) }, layer: layer)
      }
    } catch let problem as Plot.Problem {
      throw EvidenceError(.invalidData, "\(files[0]): \(problem.description)")
    }
  }
}
