/// A sequence of layers; empty for the identity.
public struct Stack: Sendable, Equatable {
  /// The layers, first applied first.
  public var layers: [Layer]

  /// A stack of the given layers.
  public init(_ layers: [Layer] = []) { self.layers = layers }
}

/// One layer: an operation, then an activation.
public struct Layer: Sendable, Equatable {
  /// What the layer computes.
  public var operation: Operation
  /// What is applied to the operation's output.
  public var activation: Activation
  /// The name that the layer had where it came from (a Keras layer's name, say); for people only.
  public var name: String?

  /// A layer.
  public init(_ operation: Operation, activation: Activation = .identity, name: String? = nil) {
    self.operation = operation
    self.activation = activation
    self.name = name
  }

  /// The operations of the model format (docs/model-format.md).
  public enum Operation: Sendable, Equatable {
    /// A fully connected layer.
    case dense(Dense)
    /// A two-dimensional convolution.
    case convolution(Convolution)
    /// A transposed two-dimensional convolution.
    case transposedConvolution(TransposedConvolution)
    /// Batch normalization with fixed (moving) moments.
    case batchNormalization(BatchNormalization)
    /// Layer normalization over the last axis.
    case layerNormalization(LayerNormalization)
    /// Nothing but the activation.
    case activation
    /// All axes joined into one.
    case flatten
    /// A new shape for the same elements.
    case reshape([Int])
    /// Two-dimensional maximum or average pooling.
    case pooling(Pooling)
    /// Two-dimensional upsampling.
    case upsampling(Upsampling)
    /// Rows and columns cut off: top, bottom, left, right.
    case crop([Int])
    /// Rows and columns of zeros added: top, bottom, left, right.
    case pad([Int])
    /// Rows and columns added that repeat or mirror the image: top, bottom, left, right.
    case padBorder([Int], BorderMode)
    /// body(x) + shortcut(x); an empty shortcut is the identity.
    case residual(body: Stack, shortcut: Stack)
    /// The branches' outputs joined along the last axis (channels).
    case concatenation([Stack])
    /// The factors' outputs multiplied element by element. An extent of 1 is repeated along its axis, and a vector [c]
    /// stands beside an image [h, w, c] for each of its pixels.
    case product([Stack])
    /// A one-dimensional convolution: weights [k, in, out] or [out, in, k], `stride` and `dilation` of one number,
    /// `padding` left and right.
    case convolution1D(Convolution)
    /// A transposed one-dimensional convolution: weights [k, out, in] or [in, out, k].
    case transposedConvolution1D(TransposedConvolution)
    /// Normalization over the positions and the channels of each group of channels.
    case groupNormalization(GroupNormalization)
    /// The axes in another order: axis i of the output is axis `order[i]` of the input.
    case permute([Int])
    /// Channels spread over pixels.
    case pixelShuffle(PixelShuffle)
  }
}

/// What stands in added rows and columns.
public enum BorderMode: String, Sendable, CaseIterable {
  /// The nearest row or column of the image.
  case replicate
  /// The image mirrored at its outermost row or column, which is not repeated.
  case reflect
}

/// Group normalization (Wu, He 2018); with as many groups as channels, instance normalization.
public struct GroupNormalization: Sendable, Equatable {
  /// Groups of neighbouring channels; nil for as many as channels.
  public var groups: Int?
  /// [channels]; absent means one.
  public var scale: Tensor?
  /// [channels]; absent means zero.
  public var offset: Tensor?
  /// Added to the variance.
  public var epsilon: Double = 1e-5

  /// Group normalization.
  public init(groups: Int?, scale: Tensor? = nil, offset: Tensor? = nil) {
    self.groups = groups
    self.scale = scale
    self.offset = offset
  }
}

/// Channels spread over the pixels of an image that is larger by whole factors (Shi et al. 2016).
public struct PixelShuffle: Sendable, Equatable {
  /// Which pixel of a block a channel becomes; C are the channels of the output, i the row in the block and j the column.
  public enum Order: String, Sendable, CaseIterable {
    /// Channel c · rows · columns + i · columns + j, as PyTorch's PixelShuffle.
    case pytorch
    /// Channel (i · columns + j) · C + c, as TensorFlow's depth_to_space.
    case tensorflow
  }
  /// Rows and columns of a block.
  public var factor: [Int]
  /// Which pixel a channel becomes.
  public var order: Order

  /// A pixel shuffle.
  public init(factor: [Int], order: Order = .pytorch) {
    self.factor = factor
    self.order = order
  }
}

/// Which axis of a stored weight comes first. The name of the dataset in the file fixes it.
public enum WeightLayout: Sendable, Equatable {
  /// `kernel`, as Keras and Flax store it: [in, out], [kh, kw, in, out]; transposed [kh, kw, out, in].
  case kernel
  /// `weight`, as PyTorch stores it: [out, in], [out, in, kh, kw]; transposed [in, out, kh, kw].
  case weight
}

/// A fully connected layer.
public struct Dense: Sendable, Equatable {
  /// [in, out] or [out, in], as `layout` says.
  public var weight: Tensor
  /// How `weight` is stored.
  public var layout: WeightLayout
  /// [out]; absent means zero.
  public var bias: Tensor?
  /// The covariates that are joined to the layer's input, after its other columns.
  public var covariates: [String] = []

  /// A fully connected layer.
  public init(weight: Tensor, layout: WeightLayout, bias: Tensor? = nil) {
    self.weight = weight
    self.layout = layout
    self.bias = bias
  }
}

/// Padding of a convolution or of pooling; of a transposed convolution, what is cut off the output.
public enum Padding: Sendable, Equatable {
  /// None. A transposed convolution's output has (size − 1) · stride + window rows; TensorFlow's, which has size · stride
  /// at least, is that with `outputPadding` stride − window where the window is the smaller.
  case valid
  /// The TensorFlow rule: output size ⌈size / stride⌉, size · stride when transposed; the odd element at the end.
  case same
  /// Rows and columns on each side.
  case explicit(top: Int, bottom: Int, left: Int, right: Int)
}

/// A two-dimensional convolution (cross-correlation, as every framework computes it).
public struct Convolution: Sendable, Equatable {
  /// [kh, kw, in / groups, out] or [out, in / groups, kh, kw].
  public var weight: Tensor
  /// How `weight` is stored.
  public var layout: WeightLayout
  /// [out]; absent means zero.
  public var bias: Tensor?
  /// Vertical and horizontal stride.
  public var stride: [Int] = [1, 1]
  /// Padding.
  public var padding: Padding = .valid
  /// Vertical and horizontal dilation.
  public var dilation: [Int] = [1, 1]
  /// Channel groups.
  public var groups = 1

  /// A convolution with stride 1 and no padding.
  public init(weight: Tensor, layout: WeightLayout, bias: Tensor? = nil) {
    self.weight = weight
    self.layout = layout
    self.bias = bias
  }
}

/// A transposed two-dimensional convolution.
public struct TransposedConvolution: Sendable, Equatable {
  /// [kh, kw, out, in] or [in, out / groups, kh, kw].
  public var weight: Tensor
  /// How `weight` is stored.
  public var layout: WeightLayout
  /// [out]; absent means zero.
  public var bias: Tensor?
  /// Vertical and horizontal stride.
  public var stride: [Int] = [1, 1]
  /// Padding: what is cut off the full output.
  public var padding: Padding = .valid
  /// Rows and columns added at the bottom and the right of the output; none with padding `.same`, which settles its size.
  public var outputPadding: [Int] = [0, 0]
  /// Vertical and horizontal dilation.
  public var dilation: [Int] = [1, 1]
  /// Channel groups; one where the layout is `kernel`.
  public var groups = 1

  /// A transposed convolution with stride 1 and no padding.
  public init(weight: Tensor, layout: WeightLayout, bias: Tensor? = nil) {
    self.weight = weight
    self.layout = layout
    self.bias = bias
  }
}

/// Batch normalization at test time: (x − mean) / √(variance + epsilon) · scale + offset, each per channel.
public struct BatchNormalization: Sendable, Equatable {
  /// Moving mean [c].
  public var mean: Tensor
  /// Moving variance [c].
  public var variance: Tensor
  /// [c]; absent means one.
  public var scale: Tensor?
  /// [c]; absent means zero.
  public var offset: Tensor?
  /// Added to the variance.
  public var epsilon: Double = 1e-3
  /// The axis of the channels, counted over one example's shape; nil is the channel axis of the data format.
  public var axis: Int?

  /// Batch normalization with the given moments.
  public init(mean: Tensor, variance: Tensor, scale: Tensor? = nil, offset: Tensor? = nil) {
    self.mean = mean
    self.variance = variance
    self.scale = scale
    self.offset = offset
  }
}

/// Layer normalization over the last axis, or over others.
public struct LayerNormalization: Sendable, Equatable {
  /// The axes of one example, counted from 0, that are normalized together; nil for the last.
  public var axes: [Int]?
  /// Of the shape of these axes; absent means one.
  public var scale: Tensor?
  /// Of the shape of these axes; absent means zero.
  public var offset: Tensor?
  /// Added to the variance.
  public var epsilon: Double = 1e-5

  /// Layer normalization.
  public init(scale: Tensor? = nil, offset: Tensor? = nil) {
    self.scale = scale
    self.offset = offset
  }
}

/// Two-dimensional pooling.
public struct Pooling: Sendable, Equatable {
  /// What is taken from each window.
  public enum Kind: Sendable, Equatable {
    /// The largest element.
    case maximum
    /// The mean of the elements that are inside the image, as TensorFlow takes it. PyTorch by default counts its padding
    /// with them (`count_include_pad`): that is a pad layer before a pooling without padding.
    case average
  }
  /// What is taken from each window.
  public var kind: Kind
  /// Height and width of the window.
  public var size: [Int]
  /// Vertical and horizontal stride.
  public var stride: [Int]
  /// Padding.
  public var padding: Padding

  /// Pooling.
  public init(_ kind: Kind, size: [Int], stride: [Int]? = nil, padding: Padding = .valid) {
    self.kind = kind
    self.size = size
    self.stride = stride ?? size
    self.padding = padding
  }
}

/// Two-dimensional upsampling by whole factors.
public struct Upsampling: Sendable, Equatable {
  /// How elements between the given ones are found.
  public enum Mode: String, Sendable {
    /// Repeats the nearest.
    case nearest
    /// Bilinear with half-pixel centres.
    case bilinear
  }
  /// Vertical and horizontal factor.
  public var factor: [Int]
  /// How elements between the given ones are found.
  public var mode: Mode
  /// Whether the outermost pixels stay where they are, so that bilinear steps are (size − 1) / (size · factor − 1).
  public var alignsCorners = false

  /// Upsampling.
  public init(factor: [Int], mode: Mode = .nearest) {
    self.factor = factor
    self.mode = mode
  }
}

extension Layer.Operation {
  /// The name that the model format gives to the layer.
  public var name: String {
    switch self {
    case .dense: "dense"
    case .convolution: "conv2d"
    case .transposedConvolution: "conv2d-transpose"
    case .batchNormalization: "batch-norm"
    case .layerNormalization: "layer-norm"
    case .activation: "activation"
    case .flatten: "flatten"
    case .reshape: "reshape"
    case .pooling(let pooling): pooling.kind == .maximum ? "max-pool2d" : "average-pool2d"
    case .upsampling: "upsample2d"
    case .crop: "crop2d"
    case .pad, .padBorder: "pad2d"
    case .residual: "residual"
    case .concatenation: "concat"
    case .product: "product"
    case .convolution1D: "conv1d"
    case .transposedConvolution1D: "conv1d-transpose"
    case .groupNormalization(let layer): layer.groups == nil ? "instance-norm" : "group-norm"
    case .permute: "permute"
    case .pixelShuffle: "pixel-shuffle"
    }
  }
}
