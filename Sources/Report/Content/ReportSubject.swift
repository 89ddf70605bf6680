package import Evidence
import Foundation
package import Runs
import Statistics
import Wording

/// What a report is about: a results file, its summary, and the columns that charts are made of.
package struct ReportSubject {
  let words: any RunWords
  let path: String
  package let settings: ResultsSettings
  /// The estimator; nil for one that is not known.
  private let entry: EstimatorCatalog.Entry?
  let started: String
  /// Nil while examples are missing.
  let finished: String?
  /// Nil where the file holds no row yet.
  let summary: LogLikelihoodSummary?
  let hasWeights: Bool
  /// Whether the exponential of an estimate is unbiased for p(x), so that a lower confidence bound holds.
  let isUnbiased: Bool
  /// Whether the delta method says what the finite number of draws takes off.
  let hasBias: Bool
  /// What the mean is called in the headline.
  let symbol: String
  /// A value for each example, in the order of the file.
  package let values: [Double]
  let sampleSizes, shapes: [Double]
  /// The numbers of the examples.
  let indices: [Int]
  /// Seconds that a thread took for an example, on average; NaN where the file does not say.
  let secondsPerExample: Double
  /// The examples with the lowest estimates; those that are no number first.
  let worst: [LogLikelihoodMeasurement]
  /// The examples with the highest k̂; where k̂ is nowhere defined, with the lowest effective sample size.
  let leastReliable: [LogLikelihoodMeasurement]

  /// The names of the listed examples by their numbers, where the data have names.
  private let names: [Int: String]

  /// How many examples are listed.
  static let listed = 10

  /// Reads a results file, once and in blocks.
  package init(_ file: ResultsFile, words: any RunWords) throws {
    self.words = words
    path = file.path
    settings = file.settings
    started = file.started
    finished = file.finished
    entry = EstimatorCatalog.all.first { $0.name == file.settings.estimator }
    hasWeights = entry?.hasWeights ?? !file.settings.curveSamples.isEmpty
    hasBias = entry?.hasBias ?? false
    symbol = (entry?.symbol ?? file.settings.estimator).replacing("p(x)", with: file.settings.facts.density)
    var accumulator = try LogLikelihoodAccumulator(
      samples: max(1, settings.samples), hasWeights: hasWeights,
      hasCurve: !file.settings.curveSamples.isEmpty, chains: file.settings.options["chains"].flatMap(Int.init) ?? 0)
    isUnbiased = entry?.isUnbiased ?? false
    var columns = (values: [Double](), sampleSizes: [Double](), shapes: [Double](), indices: [Int]())
    var seconds = 0.0
    var rows = try file.stream(of: LogLikelihoodMeasurement.self)
    while let row = try rows.next() {
      accumulator.add(row)
      columns.values.append(row.logLikelihood)
      columns.sampleSizes.append(row.effectiveSampleSize)
      columns.shapes.append(row.paretoK)
      columns.indices.append(row.index)
      seconds += row.seconds
    }
    summary = try file.count > 0 ? accumulator.summary() : nil
    (values, sampleSizes, shapes, indices) = columns
    secondsPerExample = seconds / Double(max(1, columns.values.count))
    worst = try Self.rows(of: file, Self.lowest(values, nanFirst: true))
    if hasWeights {
      let hasShapes = shapes.contains { !$0.isNaN }
      let order = hasShapes ? Self.lowest(shapes.map { -$0 }) : Self.lowest(sampleSizes)
      leastReliable = try Self.rows(of: file, order)
    } else {
      leastReliable = []
    }
    let all = try file.exampleNames()
    var names: [Int: String] = [:]
    for row in worst + leastReliable {
      let position = row.index - file.settings.examples.lowerBound
      if let all, all.indices.contains(position) { names[row.index] = all[position] }
    }
    self.names = names
  }

  /// An example's name in the data, such as a cell's; nil where it has none.
  func name(of row: LogLikelihoodMeasurement) -> String? { names[row.index] }

  /// Examples that the run is to measure in all.
  var total: Int { settings.examples.count }
  /// Whether the figures are a cross-entropy: grey data under a Bernoulli likelihood.
  var isCrossEntropy: Bool { settings.facts.isCrossEntropy ?? false }
  /// The headline's symbol.
  var headlineSymbol: String { isCrossEntropy ? "−cross-entropy" : symbol }
  /// The model's name, or that of its file.
  package var modelName: String {
    let name = settings.facts.modelName ?? URL(filePath: settings.modelPath).deletingPathExtension().lastPathComponent
    return settings.modelPath.isEmpty && settings.facts.modelName == nil
      ? URL(filePath: path).deletingPathExtension().lastPathComponent : name
  }
  /// `120 of 200`, while examples are missing.
  var progress: String? {
    guard finished == nil else { return nil }
    return "\(Text.count(summary?.examples ?? 0)) of \(Text.count(total))"
  }

  /// Bits for each element of an example, where the file says how many elements there are.
  var bitsPerDimension: Double? {
    guard let summary, let elements = settings.facts.elements, elements > 0 else { return nil }
    let preprocessing = settings.preprocessing
    return summary.bitsPerDimension(
      elements: elements, quantizedBy: preprocessing.dequantize ? preprocessing.divideBy : 1)
  }

  /// Whether some example's k̂ says that the analytic error can't be trusted.
  var hasUnreliableError: Bool { hasWeights && (summary?.unreliableExamples ?? 0) > 0 }

  /// What the numbers should be read with.
  var warnings: [String] {
    guard let summary else { return [] }
    return ((isCrossEntropy ? [.crossEntropy] : []) + summary.concernsOfDraws).map {
      words.words(.concern($0, samples: summary.samples, output: path))
    }
  }

  /// The examples that are listed, each once.
  package var listedExamples: [Int] { Array(Set((worst + leastReliable).map(\.index))).sorted() }

  /// What the number is, how far it can be believed, and what to run if that isn't enough.
  var verdict: [String] {
    guard let summary, let entry else { return [] }
    let cost =
      secondsPerExample.isFinite
      ? RunCost(
        secondsPerDraw: secondsPerExample / Double(max(1, settings.samples)),
        seconds: secondsPerExample * Double(summary.examples), ofOneProcessor: true) : nil
    return Verdict(
      summary, by: entry, of: "\(URL(filePath: settings.dataPath).lastPathComponent):\(settings.dataset)",
      isCrossEntropy: isCrossEntropy, tuned: settings.facts.tuned, cost: cost
    ).sentences(in: words)
  }

  /// The rows with the lowest of some values, the lowest first; those without a value last, or first.
  private static func lowest(_ values: [Double], nanFirst: Bool = false) -> [Int] {
    func key(_ row: Int) -> Double { values[row].isNaN ? (nanFirst ? -.infinity : .infinity) : values[row] }
    var best: [Int] = []
    for row in values.indices where nanFirst || !values[row].isNaN {
      if best.count == listed, key(row) >= key(best[listed - 1]) { continue }
      let place = best.firstIndex { key(row) < key($0) } ?? best.count
      best.insert(row, at: place)
      if best.count > listed { best.removeLast() }
    }
    return best
  }

  private static func rows(of file: ResultsFile, _ positions: [Int]) throws -> [LogLikelihoodMeasurement] {
    try positions.flatMap { try file.rows($0..<$0 + 1) }
  }
}
