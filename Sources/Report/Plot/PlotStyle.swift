/// How a drawing looks that stands alone: on white, in colours that differ in grey, too. What draws SVG for paper knows no
/// variables of style sheets.
enum PlotStyle {
  static let text = """
    text { font: 12.5px Helvetica, Arial, "Liberation Sans", "DejaVu Sans", sans-serif; fill: #000; }
    .tick, .name { fill: #222; }
    .note { paint-order: stroke; stroke: #fff; stroke-width: 3px; stroke-linejoin: round; }
    .axis { stroke: #444; stroke-width: 1; }
    .grid { stroke: #ddd; stroke-width: 1; }
    .bar { fill: #7ba7d0; }
    .bar.open { fill: #fff; stroke: #2a6ca8; stroke-width: 1; }
    .bar.off { fill: #999; fill-opacity: .5; }
    .line { fill: none; stroke: #2a6ca8; stroke-width: 2; stroke-linejoin: round; }
    .dot { fill: #2a6ca8; }
    .threshold { stroke: #b0470f; stroke-width: 1.5; stroke-dasharray: 5 3; }
    .mean { stroke: #000; stroke-width: 1.25; }
    .whisker { fill: none; stroke: #000; stroke-width: 1; stroke-opacity: .75; }
    .good.filled { fill: #2a6ca8; fill-opacity: .6; }
    .flagged.hollow { fill: none; stroke: #b0470f; stroke-width: 1.2; }
    .cell { fill: #2a6ca8; }
    .cell1 { fill-opacity: .14; } .cell2 { fill-opacity: .32; } .cell3 { fill-opacity: .52; } .cell4 { fill-opacity: .75; }
    .label { stroke-width: 1.3; }
    .label.hollow { fill: none; }
    .c0.filled { fill: #1f6fb4; } .c1.filled { fill: #c2570c; } .c2.filled { fill: #2b8a4b; } .c3.filled { fill: #b3327e; }
    .c4.filled { fill: #7a5b00; } .c5.filled { fill: #5b4db3; } .c6.filled { fill: #b52a2a; } .c7.filled { fill: #117c83; }
    .c8.filled { fill: #606a75; } .c9.filled { fill: #7f4a2c; }
    .c0.hollow { stroke: #1f6fb4; } .c1.hollow { stroke: #c2570c; } .c2.hollow { stroke: #2b8a4b; }
    .c3.hollow { stroke: #b3327e; } .c4.hollow { stroke: #7a5b00; } .c5.hollow { stroke: #5b4db3; }
    .c6.hollow { stroke: #b52a2a; } .c7.hollow { stroke: #117c83; } .c8.hollow { stroke: #606a75; } .c9.hollow { stroke: #7f4a2c; }
    .s0 { stroke: #1f6fb4; } .s1 { stroke: #c2570c; } .s2 { stroke: #2b8a4b; } .s3 { stroke: #b3327e; } .s4 { stroke: #7a5b00; }
    .s5 { stroke: #5b4db3; } .s6 { stroke: #b52a2a; } .s7 { stroke: #117c83; } .s8 { stroke: #606a75; } .s9 { stroke: #7f4a2c; }

    """
}
