package import Evidence
package import JSON
import Models
import Statistics
import Wording

/// What a results file holds: the settings that made it, how far the run is, and the mean so far.
package struct ResultsInspection: RunOutcome {
  let file: ResultsFile
  private let moments: RunningMoments

  /// Reads every row, a block at a time.
  package init(_ file: ResultsFile) throws {
    self.file = file
    var moments = RunningMoments()
    // An ablation's rows are of several models.
    if try file.hasColumn("elbo") {
      var rows = try file.stream(of: LogLikelihoodMeasurement.self)
      while let row = try rows.next() { moments.add(row.logLikelihood) }
    }
    self.moments = moments
  }

  package var warnings: [RunWarning] { [] }

  /// The report for people.
  package func text(in words: any RunWords) -> String {
    let settings = file.settings
    var table = TextTable([.left, .left], indentation: "")
    table.add(["results", file.path])
    let total = settings.examples.count
    let state = file.finished.map { "finished \($0)" } ?? "not finished: \(words.words(.resume))"
    table.add(["progress", "\(file.count) of \(Text.counted(total, "example")), \(state)"])
    if moments.count > 0 {
      table.add([
        "mean",
        "\(Text.fixed(moments.mean, 2)) ± \(Text.significant(moments.standardError, 2)) (data)  nats, "
          + "of \(Text.counted(file.count, "example"))",
      ])
    }
    table.add(["command", settings.command])
    table.add(["estimator", "\(settings.estimator), K = \(settings.samples), seed \(settings.seed)"])
    for (name, value) in settings.options.sorted(by: { $0.key < $1.key }) { table.add(["  " + name, value]) }
    table.add(["model", settings.modelPath])
    table.add(["", "sha256 " + settings.modelSHA256.prefix(16) + "…"])
    table.add(["data", "\(settings.dataPath):\(settings.dataset)"])
    table.add(["", "sha256 " + settings.dataSHA256.prefix(16) + "…"])
    table.add(["examples", "\(settings.examples.lowerBound)..\(settings.examples.upperBound)"])
    let preprocessing = settings.preprocessing
    table.add([
      "prepared",
      (preprocessing.dequantize ? "dequantize, " : "") + "divide by \(Text.plain(preprocessing.divideBy)), "
        + "binarize \(preprocessing.binarize.rawValue)",
    ])
    table.add(["evidence", settings.evidenceVersion])
    table.add(["started", file.started])
    return table.lines.joined(separator: "\n")
  }

  /// The same for programs.
  package func json(in words: any RunWords) -> JSONValue {
    let settings = file.settings
    return [
      "command": "inspect",
      "kind": "results",
      "path": .string(file.path),
      "examples": .integer(settings.examples.count),
      "saved": .integer(file.count),
      "started": .string(file.started),
      "finished": JSONValue(file.finished),
      "mean": .number(moments.count > 0 ? moments.mean : .nan),
      "dataStandardError": .number(moments.count > 0 ? moments.standardError : .nan),
      "settings": [
        "command": .string(settings.command),
        "estimator": .string(settings.estimator),
        "options": .object(
          settings.options.sorted { $0.key < $1.key }.map { .init(key: $0.key, value: .string($0.value)) }),
        "samples": .integer(settings.samples),
        "seed": JSONValue(settings.seed),
        "model": ["path": .string(settings.modelPath), "sha256": .string(settings.modelSHA256)],
        "data": [
          "path": .string(settings.dataPath),
          "dataset": .string(settings.dataset),
          "sha256": .string(settings.dataSHA256),
          "range": JSONValue([settings.examples.lowerBound, settings.examples.upperBound]),
          "binarize": .string(settings.preprocessing.binarize.rawValue),
          "divideBy": .number(settings.preprocessing.divideBy),
          "dequantize": .bool(settings.preprocessing.dequantize),
        ],
        "evidenceVersion": .string(settings.evidenceVersion),
      ],
    ]
  }
}
