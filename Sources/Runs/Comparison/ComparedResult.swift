package import Evidence
import Foundation

/// One of several results that are compared: what it is of, and its examples.
package struct ComparedResult: Sendable {
  /// What it is called.
  package var name: String
  /// The model's name, where its file has one.
  let modelName: String?
  let modelPath, modelSHA256: String
  /// The results file, where there is one.
  let results: String?
  let estimator: String
  let samples: Int
  let seed: UInt64
  let likelihood: String?
  package let scores: ExampleScores

  /// What is known of the estimator; nil for one of somebody's own.
  var entry: EstimatorCatalog.Entry? { EstimatorCatalog.all.first { $0.name == estimator } }

  /// The scores of a run with these settings.
  init(_ settings: ResultsSettings, scores: ExampleScores, results: String?) {
    name = ""
    modelName = settings.facts.modelName
    (modelPath, modelSHA256, self.results) = (settings.modelPath, settings.modelSHA256, results)
    (estimator, samples, seed) = (settings.estimator, settings.samples, settings.seed)
    likelihood = settings.facts.likelihood
    self.scores = scores
  }

  /// A results file.
  package init(reading file: ResultsFile) throws {
    try self.init(file.settings, scores: ExampleScores(reading: file), results: file.path)
  }

  /// The same results, each under a name of its own: that of the model, where all have one and no two the same, else that of
  /// its file, else that of the results.
  package static func named(_ results: [ComparedResult]) -> [ComparedResult] {
    let own = results.map(\.modelName)
    let names: [String]
    if own.allSatisfy({ $0.map { !$0.isEmpty && $0.count <= 26 } ?? false }), Set(own).count == own.count {
      names = own.map { $0 ?? "" }
    } else if Set(results.map(\.modelPath)).count == results.count {
      names = FileNames.distinct(results.map(\.modelPath))
    } else {
      names = FileNames.distinct(results.map { $0.results ?? $0.modelPath })
    }
    return zip(results, names).map { result, name in
      var result = result
      result.name = name
      return result
    }
  }
}

/// Files by as little of their names as tells them apart.
package enum FileNames {
  /// The last name of each path without its ending; where two are the same, with as many folders before it as tell them apart,
  /// joined by hyphens.
  package static func distinct(_ paths: [String]) -> [String] {
    let parts = paths.map { path -> [String] in
      let names = path.split(separator: "/").map(String.init)
      guard let last = names.last else { return [path] }
      return names.dropLast() + [URL(filePath: last).deletingPathExtension().lastPathComponent]
    }
    let longest = parts.map(\.count).max() ?? 1
    for length in 1...max(1, longest) {
      let names = parts.map { $0.suffix(length).joined(separator: "-") }
      if Set(names).count == names.count { return names }
    }
    return paths
  }
}
