import HDF5
import ModelFile
import Models
import Networks
import Testing

/// Each thing that can be wrong with a layer or with the prior, and what is said about it.
@Suite struct LayerProblemTests {
  private typealias Case = ProblemTests.Case

  private static let path = "/encoder/1/trunk/0"

  /// A model whose trunk begins with a layer.
  private static func with(_ operation: Layer.Operation) -> ModelDescription {
    var model = Models.oneLayer
    model.encoders[0].trunk = Stack([Layer(operation)])
    return model
  }

  private static func dense(_ weight: Tensor, bias: Tensor? = nil) -> ModelDescription {
    with(.dense(Dense(weight: weight, layout: .weight, bias: bias)))
  }

  private static func layer(_ change: @escaping @Sendable (Group) throws -> Void) -> @Sendable (Group) throws -> Void {
    { root in try change(root.group(path)) }
  }

  private static let weights: [Case] = [
    Case("no weight", renamed: [path + "/weight": nil], problems: "\(path): kernel or weight is missing"),
    Case(
      "both weights", change: layer { try $0.add("kernel", [1], shape: [1, 1]) },
      problems:
        "\(path): has kernel and weight; expected exactly one of them"),
    Case(
      "a weight with one axis", dense(Models.tensor(12)),
      problems:
        "\(path)/weight: has the shape [12]; expected 2 axes"),
    Case(
      "an empty weight", dense(Tensor(shape: [0, 4], values: [])),
      problems:
        "\(path)/weight: is empty: its shape is [0, 4]"),
    Case(
      "a bias of another size", dense(Models.tensor(3, 4), bias: Models.tensor(4)),
      problems:
        "\(path)/bias: has the shape [4]; expected [3] for 3 outputs"),
    Case(
      "a NaN weight", dense(Tensor(shape: [2, 2], values: [1, 2, .nan, 3])),
      problems:
        "\(path)/weight: holds 1 value that is not finite: nan at [1, 0]"),
    Case(
      "infinite weights", dense(Tensor(shape: [2, 2], values: [1, -.infinity, .nan, 3])),
      problems:
        "\(path)/weight: holds 2 values that are not finite, the first: -inf at [0, 1]"),
    Case(
      "a weight of strings", renamed: [path + "/weight": nil],
      change: layer { layer in
        try layer.createDataset("weight", type: .string, shape: [1, 1]).writeStrings(["heavy"])
      }, problems: "\(path)/weight: does not hold numbers; expected integers, floats or booleans, found string"),
    Case(
      "a weight that is a group", renamed: [path + "/weight": nil],
      change: layer { layer in
        _ = try layer.createGroup("weight")
      }, problems: "\(path)/weight: is not a dataset; expected a dataset, found a group"),
    Case(
      "a kernel for images in a dense layer",
      with(
        .convolution(Convolution(weight: Models.tensor(3, 3, 1, 2), layout: .kernel))),
      change: layer { layer in
        try layer.setAttribute("layer", "dense")
      }, problems: "\(path)/kernel: has the shape [3, 3, 1, 2]; expected 2 axes"),
  ]

  private static let layers: [Case] = [
    Case(
      "an unknown layer", change: layer { try $0.setAttribute("layer", "dropout") },
      problems:
        "\(path): unknown layer \"dropout\"; expected dense, activation, flatten, reshape, residual, concat, conv2d, "
        + "conv2d-transpose, batch-norm, layer-norm, max-pool2d, average-pool2d, upsample2d, conv1d, conv1d-transpose, "
        + "group-norm, instance-norm, pixel-shuffle, permute, product, crop2d or pad2d"),
    Case(
      "a misspelt layer", change: layer { try $0.setAttribute("layer", "Dense") },
      problems:
        "\(path): unknown layer \"Dense\"; did you mean \"dense\"?"),
    Case(
      "layers with a gap", renamed: [path: "1"],
      problems:
        "/encoder/1/trunk: layers must be numbered from 0 without gaps; found 1"),
    Case(
      "a layer with a name", change: { _ = try $0.createGroup("encoder/1/trunk/hidden") },
      problems:
        "/encoder/1/trunk/hidden: unknown name among numbered layers; expected 0, 1, …"),
    Case(
      "an alpha of text",
      change: layer { layer in
        try layer.setAttribute("activation", "elu")
        try layer.setAttribute("alpha", "1")
      }, problems: "\(path): attribute alpha is of the wrong type; expected a number, found string"),
    Case(
      "bounds in reverse",
      change: layer { layer in
        try layer.setAttribute("activation", "hard-tanh")
        try layer.setAttribute("min", 2.0)
      }, problems: "\(path): attribute min is 2.0 and max is 1.0; expected min below max"),
    Case(
      "batch normalization of different sizes",
      with(
        .batchNormalization(
          BatchNormalization(mean: Tensor([1, 2]), variance: Tensor([1]), scale: Tensor([1, 2, 3])))),
      problems:
        "\(path)/variance: has the shape [1]; expected [2] as mean has",
      "\(path)/scale: has the shape [3]; expected [2] as mean has"),
    Case(
      "a negative variance",
      with(
        .batchNormalization(BatchNormalization(mean: Tensor([1]), variance: Tensor([-1])))),
      problems:
        "\(path)/variance: holds -1.0 at [0]; expected 0 or more"),
    Case(
      "batch normalization without moments",
      with(
        .batchNormalization(BatchNormalization(mean: Tensor([1]), variance: Tensor([1])))),
      renamed: [path + "/mean": nil], problems: "\(path)/mean: the dataset is missing"),
    Case(
      "reshape to nothing", with(.reshape([])),
      problems:
        "\(path): attribute shape is []; expected positive numbers"),
    Case(
      "groups that do not divide",
      with(
        .convolution(Convolution(weight: Models.tensor(3, 1, 2, 2), layout: .weight))),
      change: layer { layer in
        try layer.setAttribute("groups", 2)
      }, problems: "\(path): attribute groups is 2; expected a divisor of the 3 output channels"),
    Case(
      "a stride of one number",
      with(
        .convolution(Convolution(weight: Models.tensor(3, 1, 2, 2), layout: .weight))),
      change: layer { layer in
        try layer.setAttribute("stride", 2)
      }, problems: "\(path): attribute stride is [2]; expected 2 whole numbers, 1 or more each"),
    Case(
      "unknown padding",
      with(
        .convolution(Convolution(weight: Models.tensor(3, 1, 2, 2), layout: .weight))),
      change: layer { layer in
        try layer.setAttribute("padding", "full")
      }, problems: "\(path): unknown padding \"full\"; expected valid or same"),
    Case("no branches", with(.concatenation([])), problems: "\(path)/branches: there are no branches to join"),
    Case(
      "a residual without body", with(.residual(body: Stack(), shortcut: Stack())),
      renamed: [path + "/body": nil], problems: "\(path)/body: the group is missing"),
  ]

  private static let priors: [Case] = {
    func with(_ prior: Prior, _ model: ModelDescription = Models.oneLayer) -> ModelDescription {
      var model = model
      model.prior = prior
      return model
    }
    return [
      Case(
        "an unknown prior", change: { try $0.group("prior").setAttribute("distribution", "flow") },
        problems:
          "/prior: unknown distribution \"flow\"; expected standard-normal, normal, normal-mixture or vamp"),
      Case(
        "scales of another shape", with(.normal(mean: Tensor([1, 2]), scaleName: .scale, scale: Tensor([1]))),
        problems: "/prior/scale: has the shape [1]; expected [2] as mean has"),
      Case(
        "a negative variance", with(.normal(mean: Tensor([1]), scaleName: .variance, scale: Tensor([0]))),
        problems:
          "/prior/variance: holds 0.0 at [0]; expected more than 0"),
      Case(
        "a mixture of vectors",
        with(
          .normalMixture(logits: nil, mean: Tensor([1, 2]), scaleName: .scale, scale: Tensor([1, 2]))),
        problems:
          "/prior/mean: has the shape [2]; expected 2 axes"),
      Case(
        "logits of another size",
        with(
          .normalMixture(
            logits: Tensor([1]), mean: Models.tensor(2, 3), scaleName: .logScale, scale: Models.tensor(2, 3))),
        problems:
          "/prior/logits: has the shape [1]; expected [2] as mean has components"),
      Case(
        "pseudo-inputs of another shape", with(.vampPrior(logits: nil, pseudoInputs: Models.tensor(2, 3))),
        problems:
          "/prior/pseudo_inputs: has the shape [2, 3]; expected one more axis than the input [4]"),
      Case(
        "pseudo-inputs of two layers",
        with(
          .vampPrior(logits: nil, pseudoInputs: Models.tensor(2, 4)), Models.twoLayers),
        problems:
          "/prior: distribution \"vamp\" needs a model of one stochastic layer; this one has 2"),
      Case(
        "a misspelt dataset", with(.normal(mean: Tensor([1]), scaleName: .scale, scale: Tensor([1]))),
        renamed: ["/prior/scale": "scales"],
        problems:
          "/prior/scales: unknown dataset in a prior with distribution \"normal\"; did you mean scale?"),
    ]
  }()

  @Test(arguments: weights) fileprivate func weight(example: ProblemTests.Case) throws {
    try ProblemTests().expect(example)
  }

  @Test(arguments: layers) fileprivate func layer(example: ProblemTests.Case) throws {
    try ProblemTests().expect(example)
  }

  @Test(arguments: priors) fileprivate func prior(example: ProblemTests.Case) throws {
    try ProblemTests().expect(example)
  }

  @Test func nestingHasAnEnd() throws {
    var stack = Stack()
    for _ in 0..<40 { stack = Stack([Layer(.residual(body: stack, shortcut: Stack()))]) }
    var model = Models.oneLayer
    model.encoders[0].trunk = stack
    let file = try File(inMemory: "model.h5")
    try ModelFile.write(model, to: file)
    let error = try #require(throws: ModelFileError.self) { _ = try ModelFile.parse(file) }
    #expect(error.problems.count == 1)
    #expect(error.problems[0].message == "stacks are nested more than 32 deep")
  }
}
