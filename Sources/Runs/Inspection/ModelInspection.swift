package import Models

/// What a model file holds: the conditionals with their layers, as its author would recognise them.
package struct ModelInspection: RunOutcome {
  let path: String
  let description: ModelDescription
  let sections: [Section]
  /// Nil for a model that can't be evaluated.
  let network: NetworkPlan?
  package let problems: [ModelProblem]

  /// A conditional.
  struct Section {
    /// Such as `q(z1 | x)`.
    let title: String
    /// Its path in the file.
    let path: String
    /// The family, and what it is fed with.
    let distribution: String
    let rows: [Row]
    let parameterCount: Int
  }

  /// A layer, a constant parameter or a step of a flow.
  struct Row {
    /// The path inside the conditional.
    let path: String
    let layer: String
    /// Nil where a problem before it leaves it open.
    let shape: [Int]?
    let parameterCount: Int
    let activation: String
    /// How deep it is nested inside other layers.
    let depth: Int
  }

  /// Lists what a description holds.
  package init(path: String, description: ModelDescription) {
    self.path = path
    self.description = description
    let plan = ModelPlan(description)
    problems = plan.problems
    network = plan.network
    let shapes = plan.layerShapes
    let encoders = description.encoders.enumerated().map { index, conditional in
      Section(conditional, symbol: "q", variable: index + 1, path: "/encoder/\(index + 1)", shapes)
    }
    let decoders = description.decoders.enumerated().map { index, conditional in
      Section(conditional, symbol: "p", variable: index, path: "/decoder/\(index + 1)", shapes)
    }
    let prior = Section(
      title: "p(z\(description.encoders.count))", path: "/prior", distribution: description.prior.words, rows: [],
      parameterCount: description.prior.parameters(at: "/prior").elementCount)
    sections = encoders + decoders + [prior]
  }

  package var warnings: [RunWarning] { [] }

  /// Stored numbers of the whole model.
  var parameterCount: Int { sections.reduce(0) { $0 + $1.parameterCount } }

  /// How a variable is called: x, z1, z2, ….
  static func name(ofVariable number: Int) -> String { number == 0 ? "x" : "z\(number)" }
}

extension ModelInspection.Section {
  fileprivate init(
    _ conditional: Conditional, symbol: String, variable: Int, path: String, _ shapes: [String: [Int]]
  ) {
    let given = conditional.given.map { ModelInspection.name(ofVariable: $0) }.joined(separator: ", ")
    title = "\(symbol)(\(ModelInspection.name(ofVariable: variable)) | \(given))"
    self.path = path
    distribution = conditional.distribution.rawValue
    parameterCount = conditional.parameters(at: path).elementCount
    var rows: [ModelInspection.Row] = []
    if let trunk = conditional.trunk {
      ModelInspection.add(trunk, "trunk", in: path, shapes, depth: 0, to: &rows)
    }
    for name in conditional.distribution.parameters.joined() {
      switch conditional.parameters[name] {
      case .stack(let stack): ModelInspection.add(stack, name.rawValue, in: path, shapes, depth: 0, to: &rows)
      case .constant(let tensor):
        rows.append(
          .init(
            path: name.rawValue, layer: "constant", shape: tensor.shape, parameterCount: tensor.count, activation: "",
            depth: 0))
      case nil: continue
      }
    }
    for (index, step) in conditional.flow.enumerated() {
      rows.append(
        .init(
          path: "flow/\(index)", layer: step.name, shape: nil, parameterCount: step.parameters(at: path).elementCount,
          activation: "",
          depth: 0))
    }
    self.rows = rows
  }
}

extension ModelInspection {
  /// A row for each layer of a stack, with those of nested stacks under it.
  fileprivate static func add(
    _ stack: Stack, _ name: String, in parent: String, _ shapes: [String: [Int]], depth: Int, to rows: inout [Row]
  ) {
    if stack.layers.isEmpty {
      rows.append(Row(path: name, layer: "identity", shape: nil, parameterCount: 0, activation: "", depth: depth))
    }
    for (index, layer) in stack.layers.enumerated() {
      let path = "\(name)/\(index)"
      rows.append(
        Row(
          path: path, layer: layer.operation.name, shape: shapes["\(parent)/\(path)"],
          parameterCount: layer.parameters(at: path).elementCount, activation: layer.activation.words, depth: depth))
      for nested in layer.nestedStacks {
        add(nested.stack, "\(path)/\(nested.name)", in: parent, shapes, depth: depth + 1, to: &rows)
      }
    }
  }
}
