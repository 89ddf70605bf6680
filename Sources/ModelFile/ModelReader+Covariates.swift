import HDF5
import Models

extension ModelReader {
  /// Each group of `/covariates` is one, in the order of their names.
  func covariates(_ node: Node) -> [Covariate] {
    node.children.map(\.name).sorted().compactMap { name in
      guard node.isGroup(name) else {
        log.report(node.path(of: name), "expected a group for each covariate")
        return nil
      }
      return node.optional(name).flatMap { covariate($0, named: name) }
    }
  }

  private func covariate(_ node: Node, named name: String) -> Covariate? {
    guard let kind = node.requiredWord("kind", Words.covariateKinds) else { return nil }
    switch kind {
    case .categorical:
      node.allow(only: ["categories"], in: "a categorical covariate")
      guard node.has("categories") else {
        log.report(node.path(of: "categories"), "the dataset is missing")
        return nil
      }
      return node.strings("categories").map { Covariate(name, .categorical($0)) }
    case .continuous:
      node.allow(only: [], in: "a continuous covariate")
      let size = node.integers("size", count: 1, least: 1)?.first
      return Covariate(name, .continuous(size: size ?? 1))
    }
  }

  /// The covariates that are joined to what a conditional or a layer is given.
  func covariateNames(_ node: Node) -> [String] {
    (log.attempt(node.path) { try node.group.strings("covariates") }) ?? []
  }

  /// What a likelihood's mean is multiplied by.
  func exposure(_ node: Node) -> Exposure? {
    node.string("exposure").map { $0 == Exposure.total.name ? .total : .covariate($0) }
  }
}

extension Node {
  /// The strings of a dataset; nil, without a problem, where there is none.
  func strings(_ name: String) -> [String]? {
    guard has(name) else { return nil }
    return log.attempt(path(of: name)) { try group.dataset(name).readStrings() }
  }

  /// The numbers of a constant, which may be there for each category of a covariate.
  func constant(_ name: String) -> Tensor? {
    guard var tensor = tensor(name) else { return nil }
    tensor.by = log.attempt(path(of: name)) { try group.dataset(name).string("by") }
    return tensor
  }
}
