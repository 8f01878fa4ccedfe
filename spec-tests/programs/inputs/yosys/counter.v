module counter(input clk, input reset, input up, output reg [7:0] count);
  always @(posedge clk)
    if (reset) count <= 0;
    else count <= up ? count + 1 : count - 1;
endmodule
