import HDF5
import Models

/// Writes a description in the model format: what `ModelReader` reads.
enum ModelWriter {
  static func write(_ model: ModelDescription, to root: Group) throws {
    try root.setAttribute("format", ModelFile.format)
    try root.setAttribute("version", model.formatVersion)
    try set(root, "name", model.about.name)
    try set(root, "description", model.about.description)
    try set(root, "source", model.about.source)
    try set(root, "license", model.about.license)
    try root.setAttribute("data_format", model.dataFormat.rawValue)

    let input = try root.createGroup("input")
    try input.setAttribute("shape", model.input.shape)
    if let divisor = model.input.divideBy { try input.setAttribute("divide_by", divisor) }
    try set(input, "binarize", model.input.binarize?.rawValue)
    try write(model.input.names, as: "names", to: input)
    try write(model.covariates, to: root)
    if let dequantize = model.input.dequantize { try input.setAttribute("dequantize", dequantize) }

    for (side, conditionals) in [("encoder", model.encoders), ("decoder", model.decoders)] {
      let group = try root.createGroup(side)
      for (index, conditional) in conditionals.enumerated() {
        try write(conditional, to: group.createGroup("\(index + 1)"))
      }
    }
    try write(model.prior, to: root.createGroup("prior"))
  }

  static func write(_ tensor: Tensor?, as name: String, to group: Group) throws {
    guard let tensor else { return }
    let dataset = try group.createDataset(name, type: .float(bits: 32), shape: tensor.shape)
    try dataset.write(tensor.values)
    if let covariate = tensor.by { try dataset.setAttribute("by", covariate) }
  }

  private static func set(_ group: Group, _ name: String, _ text: String?) throws {
    if let text { try group.setAttribute(name, text) }
  }

  private static func write(_ conditional: Conditional, to group: Group) throws {
    try group.setAttribute("distribution", conditional.distribution.rawValue)
    try group.setAttribute("given", conditional.given)
    if !conditional.covariates.isEmpty { try group.setAttribute("covariates", conditional.covariates) }
    if let exposure = conditional.exposure { try group.setAttribute("exposure", exposure.name) }
    if conditional.epsilon != 0 { try group.setAttribute("epsilon", conditional.epsilon) }
    switch conditional.distribution {
    case .discretizedLogistic, .logisticMixture: try group.setAttribute("bins", conditional.bins)
    default: break
    }
    if let trunk = conditional.trunk { try write(trunk, to: group.createGroup("trunk")) }
    for (name, parameter) in conditional.parameters.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
      switch parameter {
      case .stack(let stack): try write(stack, to: group.createGroup(name.rawValue))
      case .constant(let tensor): try write(tensor, as: name.rawValue, to: group)
      }
    }
    for (index, step) in conditional.flow.enumerated() {
      try write(step, to: group.createGroup("flow/\(index)"))
    }
  }

  private static func write(_ step: FlowStep, to group: Group) throws {
    switch step {
    case .planar(let u, let w, let b):
      try group.setAttribute("flow", Words.FlowKind.planar.rawValue)
      try write(u, as: "u", to: group)
      try write(w, as: "w", to: group)
      try write(Tensor(shape: [], values: [b]), as: "b", to: group)
    case .affineCoupling(let mask, let shift, let logScale):
      try group.setAttribute("flow", Words.FlowKind.affineCoupling.rawValue)
      try write(mask, as: "mask", to: group)
      try write(shift, to: group.createGroup("shift"))
      try write(logScale, to: group.createGroup("log_scale"))
    case .inverseAutoregressive(let shift, let logScale):
      try group.setAttribute("flow", Words.FlowKind.inverseAutoregressive.rawValue)
      try write(shift, to: group.createGroup("shift"))
      try write(logScale, to: group.createGroup("log_scale"))
    }
  }

  private static func write(_ prior: Prior, to group: Group) throws {
    let kind: Words.PriorKind
    switch prior {
    case .standardNormal: kind = .standardNormal
    case .normal(let mean, let scaleName, let scale):
      kind = .normal
      try write(mean, as: "mean", to: group)
      try write(scale, as: scaleName.rawValue, to: group)
    case .normalMixture(let logits, let mean, let scaleName, let scale):
      kind = .normalMixture
      try write(logits, as: "logits", to: group)
      try write(mean, as: "mean", to: group)
      try write(scale, as: scaleName.rawValue, to: group)
    case .vampPrior(let logits, let pseudoInputs):
      kind = .vamp
      try write(logits, as: "logits", to: group)
      try write(pseudoInputs, as: "pseudo_inputs", to: group)
    }
    try group.setAttribute("distribution", kind.rawValue)
  }
}
