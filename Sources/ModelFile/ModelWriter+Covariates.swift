import HDF5
import Models

extension ModelWriter {
  static func write(_ covariates: [Covariate], to root: Group) throws {
    if covariates.isEmpty { return }
    let parent = try root.createGroup("covariates")
    for covariate in covariates {
      let group = try parent.createGroup(covariate.name)
      switch covariate.kind {
      case .categorical(let categories):
        try group.setAttribute("kind", Words.CovariateKind.categorical.rawValue)
        try write(categories, as: "categories", to: group)
      case .continuous(let size):
        try group.setAttribute("kind", Words.CovariateKind.continuous.rawValue)
        try group.setAttribute("size", size)
      }
    }
  }

  static func write(_ strings: [String]?, as name: String, to group: Group) throws {
    guard let strings else { return }
    try group.createDataset(name, type: .string, shape: [strings.count]).writeStrings(strings)
  }
}
