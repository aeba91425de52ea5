"""What is read out of Microsoft's charges once they lie in the lake. Relations are handed in; amounts stay exact."""
