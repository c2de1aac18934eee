"""The engines that run a sentence model: OpenVINO for the BERT family on a processor, torch for all else."""
