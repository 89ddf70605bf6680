import ArgumentParser
import Runs

/// `--estimator`.
struct EstimatorName: ExpressibleByArgument, Sendable {
  let entry: EstimatorCatalog.Entry

  static let preset = EstimatorName(entry: EstimatorCatalog.all[0])
  static var allValueStrings: [String] { EstimatorCatalog.all.map(\.name) }

  init(entry: EstimatorCatalog.Entry) { self.entry = entry }

  init?(argument: String) {
    guard let entry = EstimatorCatalog.all.first(where: { $0.name == argument }) else { return nil }
    self.entry = entry
  }

  var defaultValueDescription: String { entry.name }
}

extension ShardChoice: ExpressibleByArgument {
  /// As `--shard` takes it.
  package init?(argument: String) { self.init(argument) }
}
