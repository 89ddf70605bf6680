import Models

extension NetworkModel {
  /// What is trained, region by region.
  ///
  /// - Throws: `InvalidModel` naming everything that is to be trained and has no gradient.
  func regions(training trained: TrainedNetworks) throws(InvalidModel) -> [WeightRegion] {
    let parameters = description.parameters
    var problems: [ModelProblem] = []
    if let first = description.covariates.first
      ?? (plan.covariates.hasTotal ? Covariate("total", .continuous(size: 1)) : nil)
    {
      throw InvalidModel(problems: [
        ModelProblem(path: "/covariates/\(first.name)", "a model that is given covariates can't be trained here")
      ])
    }
    var regions: [WeightRegion] = []
    func isTrained(_ path: String) -> Bool { path.hasPrefix("/encoder") ? trained.encoder : trained.decoder }
    func add(_ path: String, _ kind: WeightRegion.Kind) {
      guard isTrained(path) else { return }
      let isConstant = if case .constant = kind { true } else { false }
      let tensors = parameters.filter {
        isConstant ? $0.path == path : $0.parent == path && ($0.role == .weight || $0.role == .bias)
      }
      if regions.contains(where: { $0.path == path }) {
        problems.append(ModelProblem(path: path, "a layer that is several has no gradient of its weights"))
      } else if !tensors.isEmpty {
        regions.append(WeightRegion(path: path, kind: kind, tensors: tensors))
      }
    }
    func add(_ program: Program) {
      for step in program.steps {
        switch step {
        case .dense(let dense): add(dense.path, .dense(dense))
        case .convolution(let convolution): add(convolution.path, .convolution(convolution))
        case .residual(let first, let second), .product(let first, let second):
          add(first)
          add(second)
        case .concatenate(let branches, _): for branch in branches { add(branch.program) }
        case .copy, .gather, .elementwise, .softmax, .logSoftmax, .normalize: break
        }
      }
    }
    for (name, conditionals, plans) in [("encoder", encoders, plan.encoders), ("decoder", decoders, plan.decoders)] {
      for (layer, conditional) in conditionals.enumerated() {
        let path = "/\(name)/\(layer + 1)"
        for program in conditional.programs { add(program) }
        for (parameter, named) in zip(conditional.parameters, plans[layer].parameters) {
          if case .constant(let buffer, _, _) = parameter { add("\(path)/\(named.name.rawValue)", .constant(buffer)) }
        }
        if isTrained(path), !conditional.flow.isEmpty {
          problems.append(ModelProblem(path: path + "/flow", "the steps of a flow have no gradient of their weights"))
        }
      }
    }
    switch prior {
    case .standardNormal: break
    case .normal(let component):
      add("/prior/mean", .constant(component.mean))
      for parameter in description.prior.parameters(at: "/prior") where parameter.path != "/prior/mean" {
        add(parameter.path, .constant(component.scale))
      }
    case .mixture:
      if trained.decoder {
        problems.append(ModelProblem(path: "/prior", "a mixture has no gradient of its parameters"))
      } else if trained.encoder, case .vampPrior = description.prior {
        problems.append(ModelProblem(path: "/prior", "a VampPrior is made of the encoder, and would change with it"))
      }
    }
    // What batch normalization learnt of the data stays as it is.
    let fixed = Set(parameters.filter { $0.role == .movingMean }.map(\.parent))
    let covered = Set(regions.flatMap { $0.tensors.map(\.path) })
    for parameter in parameters
    where isTrained(parameter.path) && !covered.contains(parameter.path) && !fixed.contains(parameter.parent) {
      if problems.contains(where: { parameter.path.hasPrefix($0.path) }) { continue }
      problems.append(ModelProblem(path: parameter.path, "there is no gradient of these numbers"))
    }
    guard problems.isEmpty else { throw InvalidModel(problems: problems) }
    return regions
  }
}

extension ModelParameter {
  /// The path of what the tensor belongs to.
  fileprivate var parent: String { path.lastIndex(of: "/").map { String(path[..<$0]) } ?? path }
}
